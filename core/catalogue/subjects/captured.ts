import { atMost, counter, gauge, subject } from "../define.ts"

const labels = {
	name: atMost(200, "the metric's name as the application gave it"),
	application: atMost(20, "the application's service.name"),
}

export const capturedValue = gauge({
	name: "autonomous_captured_metric_value",
	group: "autonomous",
	quantity: "count",
	help: "Latest value that an application gave with captureMetric, in the unit that the application uses; see the timestamp beside it for its age.",
	labels,
	emitter: "otlp",
})

export const capturedAt = gauge({
	name: "autonomous_captured_metric_timestamp_seconds",
	group: "autonomous",
	quantity: "timestamp",
	help: "When an application measured the latest value that it gave with captureMetric.",
	labels,
	emitter: "otlp",
})

export const capturedCount = counter({
	name: "autonomous_captured_metrics_total",
	group: "autonomous",
	quantity: "count",
	help: "Values that an application gave with captureMetric.",
	labels,
	emitter: "otlp",
})

export default subject({
	title: "Metrics captured by applications",
	series: [capturedValue, capturedAt, capturedCount],
	recordings: [],
	paths: [],
})
