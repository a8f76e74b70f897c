import { apply, holds } from "../../core/alerts/check/constant.ts"
import type { Alert, Condition, Value } from "../../core/alerts/model.ts"
import { parseDuration } from "../../core/lib/config.ts"
import { type Choice, keyOf } from "./leaves.ts"

/** What a test feeds, by the key of the leaf. */
export type Choices = ReadonlyMap<string, Choice>

/** Whether an alert's condition holds for one element with these values, worked out without PromQL. */
export function evaluate(alert: Alert, choices: Choices): boolean {
	if (alert.trigger.kind !== "condition") return false
	const enough = alert.volumes.every(({ path, atLeast }) => {
		const { volume, window } = path.spec
		const seconds = volume?.of.quantity === "per_second" ? (parseDuration(window ?? "5m") ?? 0) / 1000 : 1
		return Number(choices.get(`volume ${volume?.of.name}`) ?? 0) * seconds >= atLeast
	})
	return enough && condition(alert.trigger.condition, choices)
}

function condition(of: Condition, choices: Choices): boolean {
	switch (of.kind) {
		case "compare":
			return holds(of.op, value(of.left, choices), value(of.right, choices))
		case "state":
			return (choices.get(keyOf(of.path, of.path.spec.value)) === of.state) === (of.op === "==")
		case "event":
			return choices.get(`event ${of.type}`) === true
		case "and":
			return condition(of.left, choices) && condition(of.right, choices)
		case "or":
			return condition(of.left, choices) || condition(of.right, choices)
		case "any":
		case "all":
			return condition(of.of, choices)
	}
}

function value(of: Value, choices: Choices): number {
	switch (of.kind) {
		case "number":
		case "parameter":
			return of.value
		case "arithmetic":
			return apply(of.op, value(of.left, choices), value(of.right, choices))
		case "negative":
			return -value(of.of, choices)
		case "increase":
		case "rate":
			return Number(choices.get(keyOf(of.path, of.path.spec.counter ?? of.path.spec.value)))
		case "quantile":
			return quantile(of, choices)
		default:
			return Number(choices.get(keyOf(of.path, of.path.spec.value)))
	}
}

/** All observations lie in the bucket whose upper bound was chosen, and are taken to be spread evenly in it. */
function quantile(of: Value & { kind: "quantile" }, choices: Choices): number {
	const vector = of.path.spec.histogram ?? of.path.spec.value
	const upper = Number(choices.get(keyOf(of.path, vector)))
	const buckets = vector.of.kind === "series" ? (vector.of.buckets ?? []) : []
	const lower = buckets[buckets.indexOf(upper) - 1] ?? 0
	return lower + (upper - lower) * of.q
}
