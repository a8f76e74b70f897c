import { apply, holds } from "../../core/alerts/check/constant.ts"
import { foldCondition } from "../../core/alerts/fold.ts"
import type { Alert } from "../../core/alerts/model.ts"
import { parseDuration } from "../../core/lib/config.ts"
import { FUNCTION_RENDERINGS } from "../render/functions.ts"
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
	return (
		enough &&
		foldCondition<number, boolean>(alert.trigger.condition, {
			values: {
				number: ({ value }) => value,
				read: (of) => FUNCTION_RENDERINGS[of.function].result(of, Number(choices.get(keyOf(of.path, of.vector)))),
				arithmetic: ({ op }, left, right) => apply(op, left, right),
				negative: (_, of) => -of,
			},
			compare: ({ op }, left, right) => holds(op, left, right),
			state: ({ path, op, state }) => (choices.get(keyOf(path, path.spec.value)) === state) === (op === "=="),
			event: ({ type }) => choices.get(`event ${type}`) === true,
			join: ({ kind }, left, right) => (kind === "and" ? left && right : left || right),
			quantify: (_, of) => of,
		})
	)
}
