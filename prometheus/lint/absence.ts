import { type Binary, COMPARISONS, type Expression } from "./expression.ts"

/** The result while no series exists: nothing, a number, or not known here. */
type Without = "nothing" | number | "unknown"

/** What an alert does while none of the series that it reads exists. */
export function whenMissing(expression: Expression): "silent" | "fires" | "unknown" {
	const result = without(expression)
	if (result === "unknown") return "unknown"
	return result === "nothing" ? "silent" : "fires"
}

function without(expression: Expression): Without {
	switch (expression.kind) {
		case "number":
			return expression.value
		case "selector":
		case "subquery":
			return "nothing"
		case "negative": {
			const of = without(expression.of)
			return typeof of === "number" ? -of : of
		}
		case "aggregation": {
			const of = without(expression.of)
			if (typeof of !== "number") return of
			return /^(?:sum|min|max|avg|topk|bottomk)$/.test(expression.operator) ? of : "unknown"
		}
		case "call": {
			if (expression.name === "absent" || expression.name === "absent_over_time") return 1
			const [first] = expression.args
			if (expression.name === "vector") return first === undefined ? "unknown" : without(first)
			if (expression.args.length === 0 || expression.name === "scalar") return "unknown"
			return expression.args.some((argument) => without(argument) === "nothing") ? "nothing" : "unknown"
		}
		case "binary":
			return withoutBinary(expression)
		default:
			return "unknown"
	}
}

function withoutBinary({ operator, left, right, bool }: Binary): Without {
	const a = without(left)
	const b = without(right)
	if (operator === "or") return a === "nothing" ? b : a
	if (operator === "unless") return a === "nothing" || b === "nothing" ? a : "unknown"
	if (a === "nothing" || b === "nothing") return "nothing"
	if (typeof a !== "number" || typeof b !== "number" || bool) return "unknown"
	if (operator === "and") return a
	if (COMPARISONS.has(operator)) return compare(operator, a, b) ? (left.kind === "number" ? b : a) : "nothing"
	const results: Record<string, number> = { "+": a + b, "-": a - b, "*": a * b, "/": a / b }
	return results[operator] ?? "unknown"
}

function compare(operator: string, a: number, b: number): boolean {
	switch (operator) {
		case ">":
			return a > b
		case "<":
			return a < b
		case ">=":
			return a >= b
		case "<=":
			return a <= b
		case "==":
			return a === b
		default:
			return a !== b
	}
}
