import { events } from "../catalogue/subjects/events.ts"
import type { RecordingSpec, SeriesSpec } from "../catalogue/types.ts"
import type { Alert, Condition } from "./model.ts"
import { vectorsOf } from "./timing.ts"

/** The catalogued things that an alert's PromQL names; what recordings among them are made of is not followed. */
export function seriesOf({ trigger, volumes }: Alert): ReadonlySet<SeriesSpec | RecordingSpec> {
	const waitsForEvent = trigger.kind === "condition" && namesEvent(trigger.condition)
	return new Set([
		...vectorsOf(trigger),
		...volumes.flatMap(({ path }) => path.spec.volume?.of ?? []),
		...(waitsForEvent ? [events] : []),
	])
}

function namesEvent(condition: Condition): boolean {
	switch (condition.kind) {
		case "event":
			return true
		case "and":
		case "or":
			return namesEvent(condition.left) || namesEvent(condition.right)
		case "any":
		case "all":
			return namesEvent(condition.of)
		default:
			return false
	}
}
