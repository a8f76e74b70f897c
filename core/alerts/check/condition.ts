import { didYouMean } from "../../lib/nearest.ts"
import type { Ast, Comparison } from "../condition/ast.ts"
import { isComparison } from "../condition/parser.ts"
import { QUANTITY_WORDS } from "../condition/units.ts"
import { FUNCTIONS } from "../functions.ts"
import type { Condition, Value } from "../model.ts"
import { EVENTS } from "../names.ts"
import { checkConstant } from "./constant.ts"
import { type Context, fits } from "./context.ts"
import { checkPath, dimensionOf, isEventPath } from "./path.ts"
import { checkValue } from "./value.ts"

/** Something that holds or does not, for each element of its dimension. */
export function checkCondition(ast: Ast, context: Context): Condition | undefined {
	if (ast.kind === "binary" && (ast.op === "&&" || ast.op === "||")) return joined(ast, context)
	if (ast.kind === "binary" && isComparison(ast.op)) return compared(ast, ast.op, context)
	if (ast.kind === "call" && (ast.name === "any" || ast.name === "all")) return quantified(ast, ast.name, context)
	if (ast.kind === "call" && !FUNCTIONS.includes(ast.name)) {
		return context.error(ast.nameSpan, "unknown-function", `there is no function ${ast.name}`, {
			expected: FUNCTIONS.join(", "),
			hint: didYouMean(ast.name, FUNCTIONS),
		})
	}
	return context.error(ast.span, "not-a-condition", "this is a value, and nothing is asked about it", {
		expected: "a comparison such as metrics.reviews.pending > 20",
	})
}

function joined(ast: Ast & { kind: "binary" }, context: Context): Condition | undefined {
	const left = checkCondition(ast.left, context)
	const right = checkCondition(ast.right, context)
	if (!left || !right) return undefined
	if (left.dimension !== undefined && right.dimension !== undefined && left.dimension !== right.dimension) {
		return context.error(
			ast.opSpan,
			"wildcard-mixed",
			`one side holds for each ${left.dimension}, the other for each ${right.dimension}`,
			{ hint: "make two alerts of it" },
		)
	}
	if (ast.op === "||" && left.dimension !== right.dimension) {
		return context.error(
			ast.opSpan,
			"wildcard-mixed",
			`one side holds for each ${left.dimension ?? right.dimension}, the other only once`,
			{ hint: "make two alerts of it" },
		)
	}
	return { kind: ast.op === "&&" ? "and" : "or", left, right, dimension: left.dimension ?? right.dimension }
}

function quantified(ast: Ast & { kind: "call" }, name: "any" | "all", context: Context): Condition | undefined {
	if (context.quantifier) {
		context.error(ast.nameSpan, "nested-quantifier", `${name}(…) is inside ${context.quantifier.name}(…)`, {
			hint: "one of them is enough; join conditions with && inside it",
		})
		for (const arg of ast.args) checkCondition(arg, context)
		return undefined
	}
	const [first] = ast.args
	if (!first || ast.args.length !== 1)
		return context.error(ast.span, "wrong-arguments", `${name} takes one condition`, {
			expected: `${name}(metrics.mcpServers.*.errorRate > 0.1)`,
		})
	const quantifier = { name, dimension: undefined }
	context.quantifier = quantifier
	const of = checkCondition(first, context)
	context.quantifier = undefined
	if (!of) return undefined
	if (of.dimension === undefined)
		return context.error(ast.span, "wildcard-missing", `${name}(…) has no * to range over`, {
			hint: `drop ${name}(…), or write * for a name`,
		})
	return { kind: name, of, dimension: name === "any" ? of.dimension : undefined }
}

function compared(ast: Ast & { kind: "binary" }, op: Comparison, context: Context): Condition | undefined {
	const [subject, other] = ast.left.kind === "string" ? [ast.right, ast.left] : [ast.left, ast.right]
	if (isEventPath(subject)) return event(ast, other, op, context)
	if (other.kind === "string" && subject.kind === "path") return state(subject, other, op, context)
	const left = checkValue(ast.left, context)
	const right = checkValue(ast.right, context)
	if (!left || !right) return undefined
	if (!fits(left.quantity, right.quantity)) return mismatch(ast, left, right, context)
	const condition = { kind: "compare", op, left, right, dimension: left.dimension ?? right.dimension } as const
	return checkConstant(ast, condition, context) ? condition : undefined
}

function mismatch(ast: Ast & { kind: "binary" }, left: Value, right: Value, context: Context): undefined {
	const [a, b] = [left.quantity ?? "count", right.quantity ?? "count"]
	const literal = right.kind === "number" ? right : left.kind === "number" ? left : undefined
	const score = literal && (a === "score" || b === "score") && literal.quantity === "ratio"
	return context.error(
		literal === left ? ast.left.span : ast.right.span,
		"unit-mismatch",
		`${QUANTITY_WORDS[a]} cannot be compared with ${QUANTITY_WORDS[b]}`,
		{
			expected: literal === left ? QUANTITY_WORDS[b] : QUANTITY_WORDS[a],
			hint: score ? `scores go to 100: write ${Number((literal.value * 100).toPrecision(12))}` : undefined,
		},
	)
}

function event(ast: Ast & { kind: "binary" }, other: Ast, op: Comparison, context: Context): Condition | undefined {
	if (op !== "==")
		context.error(ast.opSpan, "wrong-arguments", `events are waited for with ==, not with ${op}`, {
			expected: "event.type == 'improvement_deployed'",
		})
	if (other.kind !== "string")
		return context.error(other.span, "unknown-event", "event.type is compared with the name of an event in quotes", {
			expected: EVENTS.map((type) => `'${type}'`).join(", "),
		})
	if (!EVENTS.includes(other.value))
		return context.error(other.span, "unknown-event", `there is no event '${other.value.slice(0, 80)}'`, {
			expected: EVENTS.join(", "),
			hint: didYouMean(other.value, EVENTS),
		})
	return op === "==" ? { kind: "event", type: other.value, dimension: undefined } : undefined
}

function state(
	subject: Ast & { kind: "path" },
	other: Ast & { kind: "string" },
	op: Comparison,
	context: Context,
): Condition | undefined {
	const path = checkPath(subject, context)
	if (!path) return undefined
	const states = path.spec.states?.values
	if (!states)
		return context.error(
			other.span,
			"unit-mismatch",
			`${path.text} is ${QUANTITY_WORDS[path.spec.quantity]}, not a text`,
			{ expected: "a number" },
		)
	if (op !== "==" && op !== "!=")
		return context.error(other.span, "wrong-arguments", `states have no order, so ${op} has no meaning`, {
			expected: "== or !=",
		})
	if (!states.includes(other.value)) {
		return context.error(other.span, "unknown-state", `${path.text} is never '${other.value.slice(0, 80)}'`, {
			expected: states.join(", "),
			hint: didYouMean(other.value, states),
		})
	}
	return { kind: "state", path, op, state: other.value, dimension: dimensionOf(path) }
}
