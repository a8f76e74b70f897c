import { constant, holds, rangeOf } from "../../core/alerts/check/constant.ts"
import type { Comparison } from "../../core/alerts/condition/ast.ts"
import { isInRange } from "../../core/alerts/functions.ts"
import type { Alert, Condition, Value } from "../../core/alerts/model.ts"
import { inspectPromql } from "../../core/alerts/promql.ts"
import type { Quantity } from "../../core/catalogue/types.ts"
import { renderValue } from "../render/expression.ts"
import { renderTrigger, withVolumes } from "../render/rules.ts"

/** A comparison of one value with a fixed number, which another number could take the place of. */
export interface Threshold {
	readonly op: ">" | ">=" | "<" | "<="
	readonly limit: number
	readonly quantity: Quantity | undefined
	/** The values that the compared one can take. */
	readonly range: readonly [number, number]
}

/** What Prometheus is asked about an alert. */
export interface Question {
	readonly alert: Alert
	/** Gives the compared value where there is a threshold, and an element for each that the alert holds for otherwise. */
	readonly expr: string
	/** Series without which nothing can be said. */
	readonly series: readonly string[]
	readonly threshold: Threshold | undefined
}

export function queryFor(alert: Alert): Question {
	const whole = renderTrigger(alert)
	const { series } = inspectPromql(whole)
	const compared = alert.trigger.kind === "condition" ? comparedIn(alert.trigger.condition) : undefined
	if (!compared) return { alert, expr: whole, series, threshold: undefined }
	const expr = withVolumes(renderValue(compared.value), alert).text
	return { alert, expr, series, threshold: compared.threshold }
}

const MIRRORED = { ">": "<", ">=": "<=", "<": ">", "<=": ">=" } as const
const isOrder = (op: Comparison): op is Threshold["op"] => op in MIRRORED

function comparedIn(condition: Condition): { value: Value; threshold: Threshold } | undefined {
	if (condition.kind === "any") return comparedIn(condition.of)
	if (condition.kind !== "compare" || !isOrder(condition.op)) return undefined
	const [left, right] = [constant(condition.left), constant(condition.right)]
	const limit = left ?? right
	if (limit === undefined) return undefined
	const value = left === undefined ? condition.left : condition.right
	const range = value.kind === "read" && isInRange(value.function) ? rangeOf(value.path.spec) : NO_RANGE
	const op = left === undefined ? condition.op : MIRRORED[condition.op]
	return { value, threshold: { op, limit, quantity: value.quantity, range } }
}

const NO_RANGE = [-Infinity, Infinity] as const

/** Whether the alert's condition holds with this value. */
export const holdsWith = (threshold: Threshold | undefined, value: number, limit = threshold?.limit ?? 0): boolean =>
	threshold ? holds(threshold.op, value, limit) : !Number.isNaN(value)
