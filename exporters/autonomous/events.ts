import { type EVENT_TYPES, events } from "../../core/catalogue/subjects/events.ts"
import { OTHER } from "../../core/catalogue/types.ts"
import { defineStream } from "../kit/stream.ts"

type EventType = (typeof EVENT_TYPES)[number]

export const eventStream = defineStream({
	view: "events",
	columns: ["type"],
	emits: [events],
	take(row, _before, tally) {
		// A type that is not known is counted as other, and as folded.
		tally.count(events, { type: (row.type ?? OTHER) as EventType })
		return undefined
	},
})
