import { endpoint, type ObservatoryAddress } from "./address.ts"
import { CAPTURED_SCOPE } from "./understood.ts"

/** A value that an application measured. */
export interface Metric {
	readonly name: string
	readonly value: number
	/** Sent with the value, but not used as labels, because their values are unbounded. */
	readonly tags?: Readonly<Record<string, string | number | boolean>>
	/** Time of the measurement; default now. */
	readonly timestamp?: Date
}

export interface MetricCaptureOptions extends ObservatoryAddress {
	/** The application's name, the label `application` of its metrics. */
	readonly application: string
	/** Interval between two batches in milliseconds; default 5 s. */
	readonly intervalMs?: number
	/** Called for every batch that could not be sent and is lost. No error reaches the application. */
	readonly onError?: (error: unknown, lost: number) => void
}

/** Limit of unsent values; above it the oldest ones are dropped. */
const MAX_WAITING = 1_000
const SEND_TIMEOUT_MS = 5_000

/** Collects values and sends them to the observatory in batches. */
export class MetricCapture {
	readonly #options: MetricCaptureOptions
	readonly #timer: NodeJS.Timeout
	#waiting: Metric[] = []
	#overflow = 0
	#sending: Promise<void> = Promise.resolve()

	constructor(options: MetricCaptureOptions) {
		this.#options = options
		// No periodic task of core: this package has no dependency on it.
		this.#timer = setInterval(() => void this.flush(), options.intervalMs ?? 5_000)
		// The timer must not keep the application running.
		this.#timer.unref()
	}

	/** @throws TypeError when the name is empty or the value is not a finite number */
	captureMetric(metric: Metric): void {
		if (metric.name === "" || !Number.isFinite(metric.value))
			throw new TypeError(`a metric needs a name and a finite value, not ${JSON.stringify(metric)}`)
		this.#waiting.push({ ...metric, timestamp: metric.timestamp ?? new Date() })
		if (this.#waiting.length <= MAX_WAITING) return
		this.#waiting.shift()
		this.#overflow++
	}

	/** Sends all waiting values. Never rejects; failures go to `onError`. */
	flush(): Promise<void> {
		this.#sending = this.#sending.then(() => this.#send())
		return this.#sending
	}

	async shutdown(): Promise<void> {
		clearInterval(this.#timer)
		await this.flush()
	}

	async #send(): Promise<void> {
		const metrics = this.#waiting
		this.#waiting = []
		const lost = this.#overflow
		this.#overflow = 0
		if (lost > 0) this.#options.onError?.(new Error("too many unsent metrics; the oldest were dropped"), lost)
		if (metrics.length === 0) return
		try {
			const response = await fetch(endpoint(this.#options, "metrics"), {
				method: "POST",
				headers: { ...this.#options.headers, "content-type": "application/json" },
				body: JSON.stringify(renderMetrics(metrics, this.#options.application)),
				signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
			})
			if (!response.ok) throw new Error(`the observatory answered ${response.status}: ${await response.text()}`)
		} catch (error) {
			this.#options.onError?.(error, metrics.length)
		}
	}
}

/** The values as an OTLP request: one gauge each, in a scope that the receiver recognises. */
function renderMetrics(metrics: readonly Metric[], application: string): object {
	const attribute = ([key, value]: [string, unknown]) => ({ key, value: { stringValue: String(value) } })
	return {
		resourceMetrics: [
			{
				resource: { attributes: [attribute(["service.name", application])] },
				scopeMetrics: [
					{
						scope: { name: CAPTURED_SCOPE },
						metrics: metrics.map(({ name, value, tags = {}, timestamp = new Date(0) }) => ({
							name,
							gauge: {
								dataPoints: [
									{
										asDouble: value,
										timeUnixNano: `${timestamp.getTime()}000000`,
										attributes: Object.entries(tags).map(attribute),
									},
								],
							},
						})),
					},
				],
			},
		],
	}
}
