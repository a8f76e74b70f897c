import { type Aggregation, type Binary, type Call, COMPARISONS, type Expression, isSetOperator } from "./expression.ts"

/** The values that an expression can have: `[low, high]`, both included. */
export type Bounds = readonly [number, number]

const ANY: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
const POSITIVE: Bounds = [0, Number.POSITIVE_INFINITY]
const ONE: Bounds = [1, 1]

const CALLS: Readonly<Record<string, Bounds>> = {
	rate: POSITIVE,
	irate: POSITIVE,
	increase: POSITIVE,
	changes: POSITIVE,
	resets: POSITIVE,
	count_over_time: [1, Number.POSITIVE_INFINITY],
	present_over_time: ONE,
	absent: ONE,
	absent_over_time: ONE,
	abs: POSITIVE,
	sqrt: POSITIVE,
	exp: POSITIVE,
	stddev_over_time: POSITIVE,
	stdvar_over_time: POSITIVE,
	time: POSITIVE,
	timestamp: POSITIVE,
	minute: [0, 59],
	hour: [0, 23],
	day_of_week: [0, 6],
	day_of_month: [1, 31],
	day_of_year: [1, 366],
	days_in_month: [28, 31],
	month: [1, 12],
	sgn: [-1, 1],
}

/** Functions with the values of their last argument that is a series. */
const SAME =
	/^(?:(?:avg|min|max|last|first|quantile)_over_time|vector|scalar|sort(?:_desc)?|sort_by_label(?:_desc)?|label_replace|label_join)$/

/** The values that an expression can have; wider than the truth where that is not known. NaN is never among them. */
export function boundsOf(expression: Expression): Bounds {
	switch (expression.kind) {
		case "number":
			return Number.isNaN(expression.value) ? ANY : [expression.value, expression.value]
		case "selector": {
			const { name } = expression
			if (name === "up") return [0, 1]
			if (name === "ALERTS") return ONE
			return /_(?:total|count|bucket)$/.test(name ?? "") ? POSITIVE : ANY
		}
		case "subquery":
			return boundsOf(expression.of)
		case "negative": {
			const [low, high] = boundsOf(expression.of)
			return [-high, -low]
		}
		case "call":
			return boundsOfCall(expression)
		case "aggregation":
			return boundsOfAggregation(expression)
		case "binary":
			return boundsOfBinary(expression)
		default:
			return ANY
	}
}

function boundsOfCall({ name, args }: Call): Bounds {
	const known = CALLS[name]
	if (known !== undefined) return known
	const series = args.find(({ kind }) => kind !== "text" && kind !== "number") ?? args[0]
	if (series === undefined) return ANY
	const [low, high] = boundsOf(series)
	const limit = (at: number) => {
		const argument = args[at]
		return argument?.kind === "number" ? argument.value : undefined
	}
	if (name === "clamp") return [Math.max(low, limit(1) ?? low), Math.min(high, limit(2) ?? high)]
	if (name === "clamp_min") return [Math.max(low, limit(1) ?? low), Math.max(high, limit(1) ?? high)]
	if (name === "clamp_max") return [Math.min(low, limit(1) ?? low), Math.min(high, limit(1) ?? high)]
	if (name === "ceil" || name === "floor" || name === "round")
		return args.length === 1 ? [Math.floor(low), Math.ceil(high)] : ANY
	if (name === "sum_over_time") return low >= 0 ? [low, Number.POSITIVE_INFINITY] : ANY
	return SAME.test(name) ? [low, high] : ANY
}

function boundsOfAggregation({ operator, of }: Aggregation): Bounds {
	const [low, high] = boundsOf(of)
	switch (operator) {
		case "count":
		case "count_values":
			return [1, Number.POSITIVE_INFINITY]
		case "group":
			return ONE
		case "stddev":
		case "stdvar":
			return POSITIVE
		case "sum":
			if (low >= 0) return [low, Number.POSITIVE_INFINITY]
			return high <= 0 ? [Number.NEGATIVE_INFINITY, high] : ANY
		default:
			return [low, high]
	}
}

function boundsOfBinary({ operator, left, right, bool }: Binary): Bounds {
	const a = boundsOf(left)
	const b = boundsOf(right)
	if (bool) return [0, 1]
	if (COMPARISONS.has(operator)) return left.kind === "number" ? b : narrowed(a, operator, b)
	if (isSetOperator(operator)) return operator === "or" ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : a
	switch (operator) {
		case "+":
			return whole([a[0] + b[0], a[1] + b[1]])
		case "-":
			return whole([a[0] - b[1], a[1] - b[0]])
		case "*": {
			const products = a.flatMap((x) => b.map((y) => (x === 0 || y === 0 ? 0 : x * y)))
			return whole([Math.min(...products), Math.max(...products)])
		}
		case "/":
			if (right.kind === "number" && right.value !== 0) {
				const quotients = a.map((x) => x / right.value)
				return whole([Math.min(...quotients), Math.max(...quotients)])
			}
			return a[0] >= 0 && b[0] >= 0 ? POSITIVE : ANY
		default:
			return ANY
	}
}

const whole = ([low, high]: Bounds): Bounds => (Number.isNaN(low) || Number.isNaN(high) ? ANY : [low, high])

/** What passes a comparison, as far as it is a range. */
function narrowed([low, high]: Bounds, operator: string, [from, to]: Bounds): Bounds {
	if (operator === ">" || operator === ">=") return [Math.max(low, from), high]
	if (operator === "<" || operator === "<=") return [low, Math.min(high, to)]
	return operator === "==" ? [Math.max(low, from), Math.min(high, to)] : [low, high]
}

/** Whether a comparison can be true, and false. `!=` can be both: a value that is not a number differs from itself. */
export function verdictOf({ operator, left, right }: Binary): "never" | "always" | "open" {
	const [a, b] = boundsOf(left)
	const [c, d] = boundsOf(right)
	// An inner comparison that is never true has no values; it is reported itself.
	if (a > b || c > d) return "open"
	switch (operator) {
		case ">":
			return b <= c ? "never" : a > d ? "always" : "open"
		case ">=":
			return b < c ? "never" : a >= d ? "always" : "open"
		case "<":
			return a >= d ? "never" : b < c ? "always" : "open"
		case "<=":
			return a > d ? "never" : b <= c ? "always" : "open"
		case "==":
			return b < c || a > d ? "never" : a === b && c === d && a === c ? "always" : "open"
		default:
			return "open"
	}
}
