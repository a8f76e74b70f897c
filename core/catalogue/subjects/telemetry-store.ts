import { counter, gauge, oneOf, subject } from "../define.ts"

const signal = oneOf("span", "log_record")

export const STORE_DROP_REASONS = ["buffer_full", "malformed", "refused", "over_limit", "shutdown"] as const

export const storeReceived = counter({
	name: "autonomous_telemetry_store_received_total",
	group: "health",
	quantity: "count",
	help: "Spans and log records that were processed and offered to the store. Each is stored, dropped or filtered, or waits.",
	labels: { signal },
	emitter: "otlp",
})

export const storeStored = counter({
	name: "autonomous_telemetry_store_stored_total",
	group: "health",
	quantity: "count",
	help: "Spans and log records that were written to PostgreSQL.",
	labels: { signal },
	emitter: "otlp",
})

export const storeDropped = counter({
	name: "autonomous_telemetry_store_dropped_total",
	group: "health",
	quantity: "count",
	help: "Spans and log records that were lost to the store, by why: its buffer is full, as while PostgreSQL does not answer; they are malformed; PostgreSQL refused the value; the newest partition alone is over the size limit; the process ended.",
	labels: { signal, reason: oneOf(...STORE_DROP_REASONS) },
	emitter: "otlp",
})

export const storeFiltered = counter({
	name: "autonomous_telemetry_store_filtered_total",
	group: "health",
	quantity: "count",
	help: "Spans and log records that the store does not keep, by why: they are older than it keeps or of the future, spans lack a valid id, or the same span is stored already.",
	labels: { signal, reason: oneOf("outside_retention", "no_id", "duplicate") },
	emitter: "otlp",
})

export const storeExpired = counter({
	name: "autonomous_telemetry_store_partitions_dropped_total",
	group: "health",
	quantity: "count",
	help: "Partitions of stored spans or log records, of six hours each, that were dropped, because of their age or because all together were over the size limit.",
	labels: { signal, reason: oneOf("age", "size") },
	emitter: "otlp",
})

export const storeBytes = gauge({
	name: "autonomous_telemetry_store_bytes",
	group: "health",
	quantity: "bytes",
	help: "Size of the stored spans or log records with their indexes.",
	labels: { signal },
	emitter: "otlp",
})

export const storeLimit = gauge({
	name: "autonomous_telemetry_store_limit_bytes",
	group: "health",
	quantity: "bytes",
	help: "The size that stored spans and log records may have together, TELEMETRY_STORE_BYTES.",
	labels: {},
	emitter: "otlp",
})

export const storeOldest = gauge({
	name: "autonomous_telemetry_store_oldest_timestamp_seconds",
	group: "health",
	quantity: "timestamp",
	help: "From when on spans or log records are stored: the start of the oldest partition, in seconds since the epoch. No value while nothing is stored.",
	labels: { signal },
	emitter: "otlp",
})

export const storeBuffer = gauge({
	name: "autonomous_telemetry_store_buffer_utilization_ratio",
	group: "health",
	quantity: "ratio",
	help: "Fill of the buffer before the store, in records or in bytes, whichever is fuller, 0 to 1.",
	labels: {},
	emitter: "otlp",
})

export default subject({
	title: "Stored spans and log records",
	series: [
		storeReceived,
		storeStored,
		storeDropped,
		storeFiltered,
		storeExpired,
		storeBytes,
		storeLimit,
		storeOldest,
		storeBuffer,
	],
	recordings: [],
	paths: [],
})
