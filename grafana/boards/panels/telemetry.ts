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
import { band } from "../../kit/layout.ts"
import { increase, latest, occurred, rate, recorded } from "../../kit/query.ts"
import { timeseries } from "../../kit/visuals.ts"

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

export const telemetryBands = [band(8, spans, balance), band(7, fill, lost, refused, records), band(7, unused)]
