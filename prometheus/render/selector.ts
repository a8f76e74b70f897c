import type { PathRef } from "../../core/alerts/model.ts"
import { selector } from "../../core/catalogue/promql.ts"
import type { Vector } from "../../core/catalogue/types.ts"

/** Labels that distinguish replicas and scrape jobs; an alert must not depend on them. */
export const REPLICA = ["instance", "job"]

/** PromQL and how tightly its outermost operator binds, so that parentheses are only where they are needed. */
export interface Expression {
	readonly text: string
	readonly binding: Binding
}

export type Binding = "or" | "and" | "comparison" | "sum" | "product" | "atom"
const ORDER: readonly Binding[] = ["or", "and", "comparison", "sum", "product", "atom"]

export const atom = (text: string): Expression => ({ text, binding: "atom" })

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
export function merged(text: string, path: PathRef, vector: Vector, adding: "sum" | "max"): Expression {
	const { replica, other } = surplus(path, vector)
	if (other.length === 0) return atom(replica.length === 0 ? text : `max without (${replica.join(", ")}) (${text})`)
	if (adding === "max" || replica.length === 0)
		return atom(`${adding} without (${[...replica, ...other].join(", ")}) (${text})`)
	return atom(`max without (${replica.join(", ")}) (sum without (${other.join(", ")}) (${text}))`)
}

/** Every other label added up, replicas included. */
export function summed(text: string, path: PathRef, counter: Vector): Expression {
	const { replica, other } = surplus(path, counter)
	return atom(`sum without (${[...replica, ...other].join(", ")}) (${text})`)
}

/** An operand as it is written beside an operator: in parentheses unless it binds at least as tightly. */
export const beside = (operand: Expression, around: Binding): string =>
	ORDER.indexOf(operand.binding) >= ORDER.indexOf(around) ? operand.text : `(${operand.text})`

/** A number as PromQL reads it, without the noise of floating point. */
export const number = (value: number): string => String(Number(value.toPrecision(15)))
