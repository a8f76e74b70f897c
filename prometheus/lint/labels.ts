import {
	type Aggregation,
	type Binary,
	type Call,
	type Expression,
	isSetOperator,
	type Selector,
} from "./expression.ts"

/** The labels of a result: exactly these, or any but these. */
export type Labels = { readonly only: ReadonlySet<string> } | { readonly allBut: ReadonlySet<string> }

const NONE: Labels = { only: new Set() }
const ANY: Labels = { allBut: new Set() }

export const canHave = (labels: Labels, label: string): boolean =>
	"only" in labels ? labels.only.has(label) : !labels.allBut.has(label)

/** The labels that the result of an expression can have. */
export function labelsOf(expression: Expression): Labels {
	switch (expression.kind) {
		case "selector":
			return { allBut: new Set(expression.matchers.filter(isEmpty).map(({ label }) => label)) }
		case "number":
			return NONE
		case "subquery":
		case "negative":
			return labelsOf(expression.of)
		case "aggregation":
			return ofAggregation(expression)
		case "call":
			return ofCall(expression)
		case "binary":
			return ofBinary(expression)
		default:
			return ANY
	}
}

const isEmpty = ({ operator, value }: Selector["matchers"][number]) => operator === "=" && value === ""

function ofAggregation({ operator, parameter, of, by, without }: Aggregation): Labels {
	const inner = labelsOf(of)
	if (/^(?:topk|bottomk|limitk|limit_ratio)$/.test(operator)) return inner
	const added = operator === "count_values" && parameter?.kind === "text" ? [parameter.value] : []
	if (without !== undefined) return plus(minus(inner, without), added)
	return { only: new Set([...(by ?? []).filter((label) => canHave(inner, label)), ...added]) }
}

function ofCall({ name, args }: Call): Labels {
	const [first, second] = args
	if (first === undefined || name === "vector" || name === "scalar") return NONE
	if (name === "absent" || name === "absent_over_time")
		return first.kind === "selector"
			? { only: new Set(first.matchers.filter((each) => each.operator === "=").map(({ label }) => label)) }
			: NONE
	const series = args.find(({ kind }) => kind !== "text" && kind !== "number") ?? first
	const inner = labelsOf(series)
	if ((name === "label_replace" || name === "label_join") && second?.kind === "text") return plus(inner, [second.value])
	return name === "histogram_quantile" ? minus(inner, ["le"]) : inner
}

function ofBinary({ operator, left, right, on, ignoring, group, include }: Binary): Labels {
	const a = labelsOf(left)
	const b = labelsOf(right)
	if (isSetOperator(operator)) return operator === "or" ? union(a, b) : a
	if (isScalar(left)) return b
	if (isScalar(right)) return a
	if (group !== undefined) return plus(group === "left" ? a : b, include)
	if (on !== undefined) return { only: new Set(on.filter((label) => canHave(a, label))) }
	return minus(a, ignoring ?? [])
}

const isScalar = (expression: Expression): boolean =>
	expression.kind === "number" ||
	(expression.kind === "negative" && isScalar(expression.of)) ||
	(expression.kind === "call" && /^(?:scalar|time|pi)$/.test(expression.name)) ||
	(expression.kind === "binary" && isScalar(expression.left) && isScalar(expression.right))

const plus = (labels: Labels, added: readonly string[]): Labels =>
	"only" in labels
		? { only: new Set([...labels.only, ...added]) }
		: { allBut: new Set([...labels.allBut].filter((label) => !added.includes(label))) }

const minus = (labels: Labels, removed: readonly string[]): Labels =>
	"only" in labels
		? { only: new Set([...labels.only].filter((label) => !removed.includes(label))) }
		: { allBut: new Set([...labels.allBut, ...removed]) }

function union(a: Labels, b: Labels): Labels {
	if ("only" in a) return "only" in b ? { only: new Set([...a.only, ...b.only]) } : plus(b, [...a.only])
	if ("only" in b) return plus(a, [...b.only])
	return { allBut: new Set([...a.allBut].filter((label) => b.allBut.has(label))) }
}
