import { type Metric, MetricCapture, type MetricCaptureOptions } from "./metric-capture.ts"

/** The telemetry client that an application has already; `capture` is all that is asked of it. */
export interface TelemetryClient {
	capture(event: { readonly event: string; readonly properties: Record<string, unknown> }): unknown
}

/** Gives a metric to the application's own telemetry and to the observatory. */
export class MonitoringTelemetryClient {
	readonly #client: TelemetryClient
	readonly #metrics: MetricCapture

	constructor(client: TelemetryClient, options: MetricCaptureOptions) {
		this.#client = client
		this.#metrics = new MetricCapture(options)
	}

	/** Rejects only with what the application's own client rejects with; the observatory gets its value first. */
	async captureMetric(metric: Metric): Promise<void> {
		this.#metrics.captureMetric(metric)
		const { name, value, tags, timestamp = new Date() } = metric
		await this.#client.capture({ event: "metric", properties: { name, value, tags, timestamp } })
	}

	shutdown(): Promise<void> {
		return this.#metrics.shutdown()
	}
}
