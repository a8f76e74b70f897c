import { atMost, counter, gauge, oneOf, path, recording, subject } from "../define.ts"
import { increased, perSecond, promql } from "../promql.ts"
import { VALUE_REFUSALS } from "./observatory.ts"

export const DROP_REASONS = ["buffer_full", "malformed", "too_large"] as const

/** Why a record that series are made of was not used. */
export const UNUSABLE_REASONS = [
	"malformed",
	...VALUE_REFUSALS,
	"no_value",
	"no_temporality",
	"not_monotonic",
	"wrong_type",
	"stale",
] as const
export type UnusableReason = (typeof UNUSABLE_REASONS)[number]

export const spansReceived = counter({
	name: "autonomous_telemetry_spans_received_total",
	group: "health",
	quantity: "count",
	help: "Spans that reached the OTLP receiver.",
	labels: {},
	emitter: "otlp",
	essential: true,
})

export const spansProcessed = counter({
	name: "autonomous_telemetry_spans_processed_total",
	group: "health",
	quantity: "count",
	help: "Spans from the buffer that were turned into metrics, or that no metric needs.",
	labels: {},
	emitter: "otlp",
	essential: true,
})

export const spansDropped = counter({
	name: "autonomous_telemetry_spans_dropped_total",
	group: "health",
	quantity: "count",
	help: "Spans that were received but not processed, by why.",
	labels: { reason: oneOf(...DROP_REASONS) },
	emitter: "otlp",
	essential: true,
})

const signal = oneOf("metric_point", "log_record")

export const recordsReceived = counter({
	name: "autonomous_telemetry_records_received_total",
	group: "health",
	quantity: "count",
	help: "Metric points and log records that reached the OTLP receiver.",
	labels: { signal },
	emitter: "otlp",
})

export const recordsProcessed = counter({
	name: "autonomous_telemetry_records_processed_total",
	group: "health",
	quantity: "count",
	help: "Metric points and log records that were turned into metrics, or read and found to be of no concern.",
	labels: { signal },
	emitter: "otlp",
})

export const recordsDropped = counter({
	name: "autonomous_telemetry_records_dropped_total",
	group: "health",
	quantity: "count",
	help: "Metric points and log records that were received but not processed, by why.",
	labels: { signal, reason: oneOf(...DROP_REASONS) },
	emitter: "otlp",
})

export const recordsUnusable = counter({
	name: "autonomous_telemetry_unusable_total",
	group: "health",
	quantity: "count",
	help: "Spans, metric points and log records that could not be read, or that series are made of and whose content cannot be right, by name and why. They are dropped as malformed, and the answer to the sender says so.",
	labels: {
		signal: oneOf("span", "metric_point", "log_record"),
		name: atMost(100, "the name of the metric, event or span; unknown when it cannot be read"),
		reason: oneOf(...UNUSABLE_REASONS),
	},
	emitter: "otlp",
})

export const recordsUnknown = counter({
	name: "autonomous_telemetry_unknown_total",
	group: "health",
	quantity: "count",
	help: "Spans, metric points and log records that no series is made of, by name. They count as processed.",
	labels: {
		signal: oneOf("span", "metric_point", "log_record"),
		name: atMost(200, "the name of the metric, event or span; unknown when it has none"),
	},
	emitter: "otlp",
})

export const telemetryErrors = counter({
	name: "autonomous_telemetry_export_errors_total",
	group: "health",
	quantity: "count",
	help: "OTLP export requests that the receiver had to refuse, by why: the exporters' errors as seen from here.",
	labels: { reason: oneOf("malformed", "unsupported", "too_large", "overloaded", "timeout") },
	emitter: "otlp",
	essential: true,
})

export const telemetryBuffer = gauge({
	name: "autonomous_telemetry_buffer_utilization_ratio",
	group: "health",
	quantity: "ratio",
	help: "Fill of the receiver's bounded buffer, in records or in bytes, whichever is fuller, 0 to 1.",
	labels: {},
	emitter: "otlp",
	essential: true,
})

export const spanProcessingRate = recording({
	name: "autonomous:telemetry_spans_processed:rate5m",
	quantity: "per_second",
	help: "Spans processed per second over 5 minutes.",
	formula: "rate of processed spans, 5 m",
	window: "5m",
	expr: perSecond(spansProcessed, "5m"),
	labels: [],
})

export const spanDropRatio = recording({
	name: "autonomous:telemetry_spans_dropped:ratio_rate5m",
	quantity: "ratio",
	help: "Share of received spans that were dropped over 5 minutes. Without traffic there is no value.",
	formula: "rate of dropped ÷ rate of received, 5 m",
	window: "5m",
	expr: promql`${perSecond(spansDropped, "5m")} / (${perSecond(spansReceived, "5m")} > 0)`,
	labels: [],
})

export const telemetryErrorIncrease = recording({
	name: "autonomous:telemetry_export_errors:increase15m",
	quantity: "count",
	help: "Refused export requests in the last 15 minutes.",
	formula: "increase of refused requests, 15 m",
	window: "15m",
	expr: increased(telemetryErrors, "15m"),
	labels: [],
})

export default subject({
	title: "Telemetry pipeline",
	series: [
		spansReceived,
		spansProcessed,
		spansDropped,
		recordsReceived,
		recordsProcessed,
		recordsDropped,
		recordsUnusable,
		recordsUnknown,
		telemetryErrors,
		telemetryBuffer,
	],
	recordings: [spanProcessingRate, spanDropRatio, telemetryErrorIncrease],
	paths: [
		path({
			path: "metrics.telemetry.spanProcessingRate",
			quantity: "per_second",
			help: spanProcessingRate.help,
			value: { of: spanProcessingRate },
			counter: { of: spansProcessed },
			window: "5m",
		}),
		path({
			path: "metrics.telemetry.spanDropRate",
			quantity: "ratio",
			help: spanDropRatio.help,
			value: { of: spanDropRatio },
			window: "5m",
		}),
		path({
			path: "metrics.telemetry.exporterErrors",
			quantity: "count",
			help: telemetryErrorIncrease.help,
			value: { of: telemetryErrorIncrease },
			counter: { of: telemetryErrors },
			window: "15m",
		}),
		path({
			path: "metrics.telemetry.bufferUtilization",
			quantity: "ratio",
			help: telemetryBuffer.help,
			value: { of: telemetryBuffer },
		}),
	],
})
