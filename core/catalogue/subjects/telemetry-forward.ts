import { counter, gauge, oneOf, subject } from "../define.ts"

const signal = oneOf("traces", "metrics", "logs")

export const FORWARD_DROP_REASONS = ["buffer_full", "refused", "shutdown"] as const

export const forwardReceived = counter({
	name: "autonomous_telemetry_forward_received_total",
	group: "health",
	quantity: "count",
	help: "OTLP requests that were accepted and are to be forwarded to OTLP_FORWARD. Each is sent or dropped, or waits.",
	labels: { signal },
	emitter: "otlp",
})

export const forwardSent = counter({
	name: "autonomous_telemetry_forward_sent_total",
	group: "health",
	quantity: "count",
	help: "OTLP requests that the backend of OTLP_FORWARD accepted.",
	labels: { signal },
	emitter: "otlp",
})

export const forwardDropped = counter({
	name: "autonomous_telemetry_forward_dropped_total",
	group: "health",
	quantity: "count",
	help: "OTLP requests that were not forwarded, by why: the queue is full, as while the backend does not answer; the backend refused them for good; the process ended.",
	labels: { signal, reason: oneOf(...FORWARD_DROP_REASONS) },
	emitter: "otlp",
})

export const forwardBuffer = gauge({
	name: "autonomous_telemetry_forward_buffer_utilization_ratio",
	group: "health",
	quantity: "ratio",
	help: "Fill of the queue before OTLP_FORWARD, in requests or in bytes, whichever is fuller, 0 to 1.",
	labels: {},
	emitter: "otlp",
})

export default subject({
	title: "Forwarded telemetry",
	series: [forwardReceived, forwardSent, forwardDropped, forwardBuffer],
	recordings: [],
	paths: [],
})
