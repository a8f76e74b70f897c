import type { Condition, PathRef, Value } from "../../core/alerts/model.ts"
import { EVENT_WINDOW_MS } from "../../core/alerts/timing.ts"
import { isAdditive, selector } from "../../core/catalogue/promql.ts"
import { events } from "../../core/catalogue/subjects/events.ts"
import type { SeriesSpec, Vector } from "../../core/catalogue/types.ts"
import { formatDuration } from "../../core/lib/config.ts"

/** Labels that tell replicas and scrape jobs apart; an alert must not depend on them. */
const REPLICA = ["instance", "job"]

/** PromQL and how tightly its outermost operator binds, so that parentheses stand only where they are needed. */
export interface Expression {
	readonly text: string
	readonly binding: Binding
}

type Binding = "or" | "and" | "comparison" | "sum" | "product" | "atom"
const ORDER: readonly Binding[] = ["or", "and", "comparison", "sum", "product", "atom"]

const atom = (text: string): Expression => ({ text, binding: "atom" })

/** The text of an operand that has to bind more tightly than the operator around it. */
export const inside = (operand: Expression, around: Binding): string =>
	ORDER.indexOf(operand.binding) > ORDER.indexOf(around) ? operand.text : `(${operand.text})`

/** A path's vector with the wildcard's value as a matcher. */
export function pathSelector(
	path: PathRef,
	vector: Vector = path.spec.value,
	suffix = "",
	extra: Readonly<Record<string, string>> = {},
): string {
	const picked =
		path.wildcardValue && "value" in path.wildcardValue && path.spec.wildcard !== undefined
			? { [path.spec.wildcard]: path.wildcardValue.value }
			: {}
	return selector({ of: vector.of, matchers: { ...vector.matchers, ...picked, ...extra } }, suffix)
}

/** The labels that a vector carries besides the path's own wildcard. */
function surplus(path: PathRef, vector: Vector): { replica: string[]; other: string[] } {
	const { of } = vector
	const labels = of.kind === "series" ? [...Object.keys(of.labels), ...REPLICA] : of.labels
	return {
		replica: labels.filter((label) => REPLICA.includes(label)),
		other: labels.filter((label) => !REPLICA.includes(label) && label !== path.spec.wildcard),
	}
}

/** One element for each value of the wildcard: other labels are added up, replicas are not. */
function merged(text: string, path: PathRef, vector: Vector, adding: "sum" | "max"): Expression {
	const { replica, other } = surplus(path, vector)
	if (other.length === 0) return atom(replica.length === 0 ? text : `max without (${replica.join(", ")}) (${text})`)
	if (adding === "max" || replica.length === 0)
		return atom(`${adding} without (${[...replica, ...other].join(", ")}) (${text})`)
	return atom(`max without (${replica.join(", ")}) (sum without (${other.join(", ")}) (${text}))`)
}

/** PromQL of a number. */
export function renderValue(value: Value): Expression {
	switch (value.kind) {
		case "number":
		case "parameter":
			return atom(number(value.value))
		case "path":
			return merged(pathSelector(value.path), value.path, value.path.spec.value, "max")
		case "overTime":
			return merged(
				`${value.how}_over_time(${pathSelector(value.path)}[${formatDuration(value.windowMs)}])`,
				value.path,
				value.path.spec.value,
				"max",
			)
		case "increase":
		case "rate": {
			const counter = value.path.spec.counter ?? value.path.spec.value
			const range = `${value.kind}(${pathSelector(value.path, counter)}[${formatDuration(value.windowMs)}])`
			return isAdditive(counter.of) ? summed(range, value.path, counter) : merged(range, value.path, counter, "sum")
		}
		case "quantile": {
			const histogram = value.path.spec.histogram ?? value.path.spec.value
			const buckets = `rate(${pathSelector(value.path, histogram, "_bucket")}[${formatDuration(value.windowMs)}])`
			const by = ["le", ...(value.path.spec.wildcard === undefined ? [] : [value.path.spec.wildcard])]
			return atom(`histogram_quantile(${number(value.q)}, sum by (${by.join(", ")}) (${buckets}))`)
		}
		case "predict":
			return predicted(value)
		case "arithmetic": {
			const binding = value.op === "+" || value.op === "-" ? "sum" : "product"
			const right = renderValue(value.right)
			return {
				text: `${atLeast(renderValue(value.left), binding)} ${value.op}${matching(value.left, value.right)} ${inside(right, binding)}`,
				binding,
			}
		}
		case "negative":
			return { text: `-1 * ${inside(renderValue(value.of), "product")}`, binding: "product" }
	}
}

/** Every other label added up, replicas included. */
function summed(text: string, path: PathRef, counter: Vector): Expression {
	const { replica, other } = surplus(path, counter)
	return atom(`sum without (${[...replica, ...other].join(", ")}) (${text})`)
}

/** Extrapolates a line through the window, and says nothing before half of the window has been seen. */
function predicted(value: Value & { kind: "predict" }): Expression {
	const of = pathSelector(value.path)
	const half = formatDuration(Math.round(value.windowMs / 2000) * 1000)
	const line = `predict_linear(${of}[${formatDuration(value.windowMs)}], ${number(value.aheadMs / 1000)})`
	const text = `${line} and ${of} offset ${half}`
	const expression = merged(text, value.path, value.path.spec.value, "max")
	return expression.text === text ? { text, binding: "and" } : expression
}

const atLeast = (operand: Expression, around: Binding) =>
	ORDER.indexOf(operand.binding) >= ORDER.indexOf(around) ? operand.text : `(${operand.text})`

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

export function isScalar(value: Value): boolean {
	if (value.kind === "number" || value.kind === "parameter") return true
	if (value.kind === "negative") return isScalar(value.of)
	return value.kind === "arithmetic" && isScalar(value.left) && isScalar(value.right)
}

/** PromQL that has an element for each element of the condition that holds. */
export function renderCondition(condition: Condition): Expression {
	switch (condition.kind) {
		case "compare":
			return compare(condition, "")
		case "state":
			return { text: `${renderState(condition)} == ${condition.op === "==" ? 1 : 0}`, binding: "comparison" }
		case "event":
			return { text: `${renderEvent(condition.type)} > 0`, binding: "comparison" }
		case "and": {
			const [left, right] =
				condition.left.dimension === undefined && condition.right.dimension !== undefined
					? [condition.right, condition.left]
					: [condition.left, condition.right]
			const both = left.dimension !== undefined && right.dimension !== undefined
			return {
				text: `${atLeast(renderCondition(left), "and")} and on (${both ? left.dimension : ""}) ${inside(renderCondition(right), "and")}`,
				binding: "and",
			}
		}
		case "or":
			return {
				text: `${atLeast(renderCondition(condition.left), "or")} or on (${condition.dimension ?? ""}) ${inside(renderCondition(condition.right), "or")}`,
				binding: "or",
			}
		case "any":
			return renderCondition(condition.of)
		case "all":
			return { text: `min(${renderTruth(condition.of).text}) == 1`, binding: "comparison" }
	}
}

function compare({ op, left, right }: Condition & { kind: "compare" }, bool: "" | " bool"): Expression {
	return {
		text: `${inside(renderValue(left), "comparison")} ${op}${bool}${matching(left, right)} ${inside(renderValue(right), "comparison")}`,
		binding: "comparison",
	}
}

/** 1 where the condition holds and 0 where it does not, for every element that there is. */
function renderTruth(condition: Condition): Expression {
	switch (condition.kind) {
		case "compare":
			return compare(condition, " bool")
		case "state":
			return { text: `${renderState(condition)} == bool ${condition.op === "==" ? 1 : 0}`, binding: "comparison" }
		case "event":
			return { text: `${renderEvent(condition.type)} > bool 0`, binding: "comparison" }
		case "and":
		case "or": {
			const { left, right } = condition
			const combined = `${inside(renderTruth(left), "sum")} +${on(left.dimension, right.dimension)} ${inside(renderTruth(right), "sum")}`
			return { text: `${combined} >= bool ${condition.kind === "and" ? 2 : 1}`, binding: "comparison" }
		}
		case "any":
		case "all":
			return renderTruth(condition.of)
	}
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

/** A number as PromQL reads it, without the noise of floating point. */
export const number = (value: number): string => String(Number(value.toPrecision(15)))
