import { events } from "../catalogue/subjects/events.ts"
import type { RecordingSpec, SeriesSpec } from "../catalogue/types.ts"
import { type Alert, type Condition, walk } from "./model.ts"
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

const namesEvent = (condition: Condition): boolean => [...walk(condition)].some(({ kind }) => kind === "event")
