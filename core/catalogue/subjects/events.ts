import { counter, oneOf, subject } from "../define.ts"

/** Things that happened once and that a condition may wait for with `event.type == '…'`. */
export const EVENT_TYPES = [
	"improvement_proposed",
	"improvement_validated",
	"improvement_deployed",
	"improvement_rolled_back",
	"analysis_session_complete",
	"emergency_stop",
	"emergency_stop_released",
	"other",
] as const

export const events = counter({
	name: "autonomous_events_total",
	group: "autonomous",
	quantity: "count",
	help: "Events that the autonomous system recorded, by type; a type that is not known here counts as other.",
	labels: { type: oneOf(...EVENT_TYPES) },
	emitter: "events",
	essential: true,
})

export default subject({ title: "Events", series: [events], recordings: [], paths: [] })
