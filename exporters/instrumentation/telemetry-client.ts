import { type Metric, MetricCapture, type MetricCaptureOptions } from "./metric-capture.ts"

/** The application's own telemetry client; only `capture` is used. */
export interface TelemetryClient {
	capture(event: { readonly event: string; readonly properties: Record<string, unknown> }): unknown
}

/** Sends a metric to the application's own telemetry and to the observatory. */
export class MonitoringTelemetryClient {
	readonly #client: TelemetryClient
	readonly #metrics: MetricCapture

	constructor(client: TelemetryClient, options: MetricCaptureOptions) {
		this.#client = client
		this.#metrics = new MetricCapture(options)
	}

	/** Rejects only if the application's own client rejects; the observatory gets the value first. */
	async captureMetric(metric: Metric): Promise<void> {
		this.#metrics.captureMetric(metric)
		const { name, value, tags, timestamp = new Date() } = metric
		await this.#client.capture({ event: "metric", properties: { name, value, tags, timestamp } })
	}

	shutdown(): Promise<void> {
		return this.#metrics.shutdown()
	}
}
