import { type EVENT_TYPES, events } from "../../core/catalogue/subjects/events.ts"
import type { Row, Stream } from "../kit/stream.ts"

type EventType = (typeof EVENT_TYPES)[number]

export interface EventRow extends Row {
	readonly type: string
}

export const eventStream: Stream<EventRow> = {
	reader: "events",
	view: "events",
	select: "type",
	emits: [events],
	take(row, _before, tally) {
		// A type that is not known is counted as other, and as folded.
		tally.count(events, { type: row.type as EventType })
		return undefined
	},
}
