import { constant } from "../../core/alerts/check/constant.ts"
import { type ConditionCases, foldCondition, foldValue, type ValueCases } from "../../core/alerts/fold.ts"
import type { Condition, Value } from "../../core/alerts/model.ts"
import { EVENT_WINDOW_MS } from "../../core/alerts/timing.ts"
import { selector } from "../../core/catalogue/promql.ts"
import { events } from "../../core/catalogue/subjects/events.ts"
import type { SeriesSpec } from "../../core/catalogue/types.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { FUNCTION_RENDERINGS } from "./functions.ts"
import { atom, beside, type Expression, inside, number, pathSelector, REPLICA } from "./selector.ts"

const VALUES: ValueCases<Expression> = {
	number: ({ value }) => atom(number(value)),
	read: (value) => FUNCTION_RENDERINGS[value.function].promql(value),
	arithmetic(value, left, right) {
		const binding = value.op === "+" || value.op === "-" ? "sum" : "product"
		const on = matching(value.left, value.right)
		return { text: `${beside(left, binding)} ${value.op}${on} ${inside(right, binding)}`, binding }
	},
	negative: (_, of) => ({ text: `-1 * ${inside(of, "product")}`, binding: "product" }),
}

/** PromQL of a number. */
export const renderValue = (value: Value): Expression => foldValue(value, VALUES)

/** Which labels the two sides of an operator are matched on; nothing to say when a side is a plain number. */
function matching(left: Value, right: Value): string {
	if (isScalar(left) || isScalar(right)) return ""
	return on(left.dimension, right.dimension)
}

function on(left: string | undefined, right: string | undefined): string {
	if (left !== undefined && right !== undefined) return ` on (${left})`
	if (left === undefined && right === undefined) return " on ()"
	return left === undefined ? " on () group_right ()" : " on () group_left ()"
}

export const isScalar = (value: Value): boolean => constant(value) !== undefined

const comparison = (text: string): Expression => ({ text, binding: "comparison" })

/** 1 where the condition holds and 0 where it does not, for every element that there is. */
const TRUTH: ConditionCases<Expression, Expression> = {
	values: VALUES,
	compare: (condition, left, right) => compared(condition, left, right, " bool"),
	state: (condition) => comparison(`${renderState(condition)} == bool ${condition.op === "==" ? 1 : 0}`),
	event: ({ type }) => comparison(`${renderEvent(type)} > bool 0`),
	join({ kind, left: { dimension: a }, right: { dimension: b } }, left, right) {
		const both = `${inside(left, "sum")} +${on(a, b)} ${inside(right, "sum")}`
		return comparison(`${both} >= bool ${kind === "and" ? 2 : 1}`)
	},
	quantify: (_, of) => of,
}

/** An element for each element of the condition that holds. */
const HOLDING: ConditionCases<Expression, Expression> = {
	values: VALUES,
	compare: (condition, left, right) => compared(condition, left, right, ""),
	state: (condition) => comparison(`${renderState(condition)} == ${condition.op === "==" ? 1 : 0}`),
	event: ({ type }) => comparison(`${renderEvent(type)} > 0`),
	join({ kind, left: { dimension: a }, right: { dimension: b } }, left, right) {
		if (kind === "or") return { text: `${beside(left, "or")} or on (${a ?? ""}) ${inside(right, "or")}`, binding: "or" }
		const [first, second] = a === undefined && b !== undefined ? [right, left] : [left, right]
		const label = a !== undefined && b !== undefined ? a : ""
		return { text: `${beside(first, "and")} and on (${label}) ${inside(second, "and")}`, binding: "and" }
	},
	quantify: ({ kind, of: condition }, of) =>
		kind === "any" ? of : comparison(`min(${foldCondition(condition, TRUTH).text}) == 1`),
}

/** PromQL that has an element for each element of the condition that holds. */
export const renderCondition = (condition: Condition): Expression => foldCondition(condition, HOLDING)

function compared(
	{ op, left, right }: Condition & { kind: "compare" },
	a: Expression,
	b: Expression,
	bool: "" | " bool",
): Expression {
	return comparison(`${inside(a, "comparison")} ${op}${bool}${matching(left, right)} ${inside(b, "comparison")}`)
}

function renderState({ path, state }: Condition & { kind: "state" }): string {
	const { states, wildcard } = path.spec
	const of = path.spec.value.of as SeriesSpec
	const labels = [...REPLICA, ...Object.keys(of.labels).filter((label) => label !== wildcard)]
	const matchers = states ? { [states.label]: state } : {}
	return `max without (${labels.join(", ")}) (${pathSelector(path, path.spec.value, "", matchers)})`
}

const renderEvent = (type: string) =>
	`max without (instance, job) (increase(${selector({ of: events, matchers: { type } })}[${formatDuration(EVENT_WINDOW_MS)}]))`
