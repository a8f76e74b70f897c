import { promql } from "../../../core/catalogue/promql.ts"
import {
	recordsDropped,
	recordsReceived,
	recordsUnknown,
	recordsUnusable,
	spanDropRatio,
	spanProcessingRate,
	spansDropped,
	spansProcessed,
	spansReceived,
	telemetryBuffer,
	telemetryErrors,
} from "../../../core/catalogue/subjects/telemetry.ts"
import {
	storeBuffer,
	storeBytes,
	storeDropped,
	storeExpired,
	storeFiltered,
	storeLimit,
	storeOldest,
	storeReceived,
	storeStored,
} from "../../../core/catalogue/subjects/telemetry-store.ts"
import { band } from "../../kit/layout.ts"
import { formula, increase, latest, occurred, rate, recorded } from "../../kit/query.ts"
import { none } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "The OTLP receiver does not run yet"

const spans = timeseries({
	key: "telemetry-spans",
	title: "Spans",
	empty,
	shows: [rate(spansReceived, { legend: "received" }), recorded(spanProcessingRate, "processed")],
})

const lost = timeseries({
	key: "telemetry-dropped",
	title: "Dropped Spans per Hour",
	empty,
	shows: [increase(spansDropped, { by: ["reason"] })],
})

const fill = timeseries({
	key: "telemetry-buffer",
	title: "Buffer and Loss",
	empty,
	shows: [latest(telemetryBuffer, { legend: "Buffer filled" }), recorded(spanDropRatio, "Spans dropped")],
})

const refused = timeseries({
	key: "telemetry-errors",
	title: "Refused Exports per Hour",
	empty,
	shows: [increase(telemetryErrors, { by: ["reason"] })],
})

const balance = timeseries({
	key: "telemetry-balance",
	title: "Spans per Hour",
	empty,
	shows: [
		increase(spansReceived, { legend: "received" }),
		increase(spansProcessed, { legend: "processed" }),
		increase(spansDropped, { legend: "dropped" }),
	],
})

const records = timeseries({
	key: "telemetry-records",
	title: "Metrics and Logs per Hour",
	empty,
	shows: [
		increase(recordsReceived, { by: ["signal"] }),
		increase(recordsDropped, { by: ["signal"], legend: "{{signal}}, dropped" }),
	],
})

const unused = timeseries({
	key: "telemetry-unused",
	title: "Not Understood or Refused per Hour",
	empty: "Everything that arrived was understood",
	shows: [
		occurred(increase(recordsUnknown, { by: ["signal", "name"] })),
		occurred(increase(recordsUnusable, { by: ["name", "reason"] })),
	],
})

const nothingStored = "Spans and log records are not stored (TELEMETRY_STORE is off)"

const stored = timeseries({
	key: "telemetry-stored",
	title: "Stored Spans and Log Records per Hour",
	empty: nothingStored,
	shows: [
		increase(storeReceived, { by: ["signal"], legend: "{{signal}}, offered" }),
		increase(storeStored, { by: ["signal"], legend: "{{signal}}, stored" }),
		occurred(increase(storeFiltered, { by: ["signal", "reason"], legend: "{{signal}}, not kept: {{reason}}" })),
		occurred(increase(storeDropped, { by: ["signal", "reason"], legend: "{{signal}}, lost: {{reason}}" })),
	],
})

const notStored = stat({
	key: "telemetry-not-stored",
	title: "Lost to the Store, Last Hour",
	empty: nothingStored,
	shows: [
		increase(storeDropped, { legend: "Lost" }),
		latest(storeBuffer, { legend: "Buffer filled" }),
		increase(storeExpired, {
			window: "6h",
			where: { reason: "size" },
			legend: "Partitions dropped for their size, 6 h",
		}),
	],
	thresholds: none,
})

const size = timeseries({
	key: "telemetry-store-bytes",
	title: "Size of Stored Telemetry",
	empty: nothingStored,
	shows: [latest(storeBytes, { by: ["signal"] }), latest(storeLimit, { legend: "limit" })],
	limits: [1],
})

const reach = stat({
	key: "telemetry-store-reach",
	title: "Stored Telemetry Reaches Back",
	empty: "Nothing is stored yet",
	shows: [
		formula(promql`time() - min by (signal) (${storeOldest})`, {
			measure: "age",
			legend: "{{signal}}",
			meaning: "Time since the start of the oldest partition that is kept; partitions are of six hours.",
		}),
	],
})

export const telemetryBands = [
	band(8, spans, balance),
	band(7, fill, lost, refused, records),
	band(7, unused),
	band(8, stored, size),
	band(4, notStored, reach),
]
