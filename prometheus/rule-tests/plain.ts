import { constant, MIRRORED } from "../../core/alerts/check/constant.ts"
import type { Comparison } from "../../core/alerts/condition/ast.ts"
import { withoutQuantifier } from "../../core/alerts/fold.ts"
import type { Alert } from "../../core/alerts/model.ts"
import type { Reading } from "../render/functions.ts"

/** A read that is compared with a number: it holds when `read op limit`. */
export interface Limit {
	readonly read: Reading
	readonly op: Comparison
	readonly limit: number
}

/** The comparison that is a condition's only one, when it compares one read with a number; undefined otherwise. */
export function plainLimit({ trigger, volumes }: Alert): Limit | undefined {
	if (trigger.kind !== "condition" || volumes.length > 0) return undefined
	const condition = withoutQuantifier(trigger.condition)
	if (condition.kind !== "compare") return undefined
	const { left, right, op } = condition
	const [a, b] = [constant(left), constant(right)]
	if (b !== undefined && left.kind === "read") return { read: left, op, limit: b }
	if (a !== undefined && right.kind === "read") return { read: right, op: MIRRORED[op], limit: a }
	return undefined
}
