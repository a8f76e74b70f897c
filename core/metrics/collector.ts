import type { Group, SeriesSpec } from "../catalogue/types.ts"
import type { Clock } from "../lib/clock.ts"
import type { Logger } from "../lib/log.ts"
import { PeriodicTask } from "../lib/periodic.ts"
import { withTimeout } from "../lib/timeout.ts"
import type { Sample } from "./samples.ts"

/** One reader of one source of truth. It runs in the background; a scrape returns what its latest run found. */
export interface Collector {
	/** Stable name, the value of the `collector` label. */
	readonly name: string
	readonly group: Exclude<Group, "observatory">
	/** The series it may give samples of; no other collector may emit them. */
	readonly emits: readonly SeriesSpec[]
	/** From the start of one run to the start of the next. */
	readonly intervalMs: number
	/** After this long a run has failed, whatever it does later. */
	readonly timeoutMs: number
	/** How long a counter or histogram with a label value that appears late is shown at 0; not at all by default. */
	readonly zeroHoldMs?: number
	/** Reads everything once. `signal` is aborted at the deadline and when the process stops. */
	collect(signal: AbortSignal): Promise<readonly Sample[]>
}

/** How a run ended. `samples` is undefined when it failed. */
export interface RunResult {
	readonly samples: readonly Sample[] | undefined
	readonly durationSeconds: number
	readonly finishedAt: number
}

/** Runs a collector until it is stopped; never two runs at once, never later than its deadline. */
export class CollectorLoop {
	readonly #collector: Collector
	readonly #clock: Clock
	readonly #log: Logger
	readonly #onResult: (result: RunResult) => void
	readonly #stopping = new AbortController()
	#task: PeriodicTask | undefined

	constructor(collector: Collector, clock: Clock, log: Logger, onResult: (result: RunResult) => void) {
		this.#collector = collector
		this.#clock = clock
		this.#log = log
		this.#onResult = onResult
	}

	/** Starts the first run at once. */
	start(): void {
		const { name, intervalMs } = this.#collector
		this.#task = new PeriodicTask(`collect ${name}`, intervalMs, this.#log, () => this.#run())
	}

	async stop(): Promise<void> {
		this.#stopping.abort()
		await this.#task?.close()
	}

	/** One run with its deadline. Never rejects: a failure is a result. */
	runOnce(): Promise<void> {
		return this.#run().catch(() => undefined)
	}

	async #run(): Promise<void> {
		const startedAt = this.#clock.now()
		const end = (samples: readonly Sample[] | undefined) => {
			const finishedAt = this.#clock.now()
			this.#onResult({ samples, durationSeconds: (finishedAt - startedAt) / 1000, finishedAt })
		}
		try {
			// Samples that cannot be published, because of their labels, are a failure like any other.
			end(await this.#collectInTime())
		} catch (error) {
			if (this.#stopping.signal.aborted) return
			end(undefined)
			throw error
		}
	}

	async #collectInTime(): Promise<readonly Sample[]> {
		const { name, timeoutMs } = this.#collector
		const message = `${name} did not finish within ${timeoutMs} ms`
		const samples = await withTimeout({ ms: timeoutMs, message, signal: this.#stopping.signal }, (signal) =>
			this.#collector.collect(signal),
		)
		assertDeclared(samples, this.#collector)
		return samples
	}
}

function assertDeclared(samples: readonly Sample[], { name, emits }: Collector): void {
	for (const { series } of samples)
		if (!emits.includes(series)) throw new TypeError(`collector ${name} gave ${series.name}, which it does not declare`)
}
