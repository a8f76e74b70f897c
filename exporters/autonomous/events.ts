import { EVENT_TYPES, events } from "../../core/catalogue/subjects/events.ts"
import type { Row, Stream } from "../kit/stream.ts"

export interface EventRow extends Row {
	readonly type: string
}

export const eventStream: Stream<EventRow> = {
	reader: "events",
	view: "events",
	select: "type",
	emits: [events],
	take(row, _before, tally) {
		tally.count(events, { type: EVENT_TYPES.find((type) => type === row.type) ?? "other" })
		return undefined
	},
}
