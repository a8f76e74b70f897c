import type { Quantity } from "../../catalogue/types.ts"
import { type Ast, pathText } from "../condition/ast.ts"
import { isComparison } from "../condition/parser.ts"
import { literal, QUANTITY_WORDS } from "../condition/units.ts"
import type { Value } from "../model.ts"
import { checkCall } from "./call.ts"
import { type Context, fits } from "./context.ts"
import { checkPath, isEventPath, latest } from "./path.ts"

/** A number, or many that one label distinguishes. */
export function checkValue(ast: Ast, context: Context): Value | undefined {
	switch (ast.kind) {
		case "number": {
			const read = literal(ast)
			if (!read)
				return context.error(ast.span, "not-a-number", `${ast.text} is too large`, { expected: "a number up to 10^18" })
			return { kind: "number", ...read, dimension: undefined }
		}
		case "string":
			return context.error(ast.span, "not-a-number", "a text is where a number is needed", {
				hint: "only states and event.type are compared with texts",
			})
		case "path":
			return path(ast, context)
		case "negative": {
			const of = checkValue(ast.of, context)
			return of && { kind: "negative", of, quantity: of.quantity, dimension: of.dimension }
		}
		case "call":
			if (ast.name !== "any" && ast.name !== "all") return checkCall(ast, context)
			return context.error(ast.nameSpan, "not-a-number", `${ast.name}(…) is a condition, not a number`)
		case "binary":
			return binary(ast, context)
	}
}

function path(ast: Ast & { kind: "path" }, context: Context): Value | undefined {
	const name = pathText(ast.segments)
	const parameter = ast.segments.length === 1 ? context.parameters.get(name) : undefined
	if (parameter) {
		context.usedParameters.add(name)
		if (parameter === "unfit") return undefined
		return { kind: "parameter", name, value: parameter.value, quantity: parameter.quantity, dimension: undefined }
	}
	if (isEventPath(ast))
		return context.error(ast.span, "not-a-number", "event.type is compared with the name of an event", {
			expected: "event.type == 'improvement_deployed'",
		})
	const found = checkPath(ast, context)
	if (!found) return undefined
	if (found.spec.quantity === "state") {
		return context.error(ast.span, "not-a-number", `${found.text} is a state, not a number`, {
			expected: `== or != and one of ${found.spec.states?.values.map((state) => `'${state}'`).join(", ")}`,
		})
	}
	return latest(found)
}

function binary(ast: Ast & { kind: "binary" }, context: Context): Value | undefined {
	const { op } = ast
	if (op === "&&" || op === "||" || isComparison(op))
		return context.error(ast.span, "not-a-number", "a condition is where a number is needed")
	const left = checkValue(ast.left, context)
	const right = checkValue(ast.right, context)
	if (!left || !right) return undefined
	const quantity = combined(op, left.quantity, right.quantity)
	if (quantity === "impossible") {
		const verb = { "+": "be added to", "-": "be subtracted from", "*": "be multiplied by", "/": "be divided by" }[op]
		const [first, second] = op === "-" ? [right, left] : [left, right]
		return context.error(
			ast.opSpan,
			"unit-mismatch",
			`${words(first.quantity)} cannot ${verb} ${words(second.quantity)}`,
		)
	}
	return { kind: "arithmetic", op, left, right, quantity, dimension: left.dimension ?? right.dimension }
}

const words = (quantity: Quantity | undefined) => (quantity === undefined ? "a plain number" : QUANTITY_WORDS[quantity])

/** The quantity of `a op b`; plain numbers scale anything, ratios scale anything, like divided by like is a ratio. */
function combined(
	op: "+" | "-" | "*" | "/",
	a: Quantity | undefined,
	b: Quantity | undefined,
): Quantity | undefined | "impossible" {
	if (op === "+" || op === "-") {
		if (a === "timestamp" || b === "timestamp") return op === "-" && a === b ? "seconds" : "impossible"
		return fits(a, b) ? (a ?? b) : "impossible"
	}
	if (a === "timestamp" || b === "timestamp") return "impossible"
	if (op === "*") {
		if (a === undefined || a === "ratio") return b ?? a
		if (b === undefined || b === "ratio") return a
		return [a, b].sort().join() === "per_second,seconds" ? "count" : "impossible"
	}
	if (b === undefined) return a
	if (a === b) return "ratio"
	if (b === "ratio") return a
	return a === "count" && b === "seconds" ? "per_second" : a === undefined ? undefined : "impossible"
}
