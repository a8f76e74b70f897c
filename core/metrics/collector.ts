import type { Group, SeriesSpec } from "../catalogue/types.ts"
import type { Clock } from "../lib/clock.ts"
import { messageOf } from "../lib/errors.ts"
import type { Logger } from "../lib/log.ts"
import { type Outage, PeriodicTask } from "../lib/periodic.ts"
import { withTimeout } from "../lib/timeout.ts"
import type { Sample } from "./samples.ts"

/** How long a failed run takes at most to read what is kept. */
const KEPT_TIMEOUT_MS = 2_000

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
	/**
	 * What is known although the run failed, such as totals that are kept in our database: shown until a run succeeds.
	 * Undefined when nothing is.
	 */
	kept?(signal: AbortSignal): Promise<readonly Sample[] | undefined>
}

/** How a run ended. Of a failed one `samples` is what is known all the same. */
export interface RunResult {
	readonly succeeded: boolean
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
	readonly #outage: Outage | undefined
	readonly #stopping = new AbortController()
	#task: PeriodicTask | undefined

	constructor(collector: Collector, clock: Clock, log: Logger, onResult: (result: RunResult) => void, outage?: Outage) {
		this.#outage = outage
		this.#collector = collector
		this.#clock = clock
		this.#log = log
		this.#onResult = onResult
	}

	/** Starts the first run at once. */
	start(): void {
		const { name, intervalMs } = this.#collector
		const options = this.#outage ? { outage: this.#outage } : {}
		this.#task = new PeriodicTask(`collect ${name}`, intervalMs, this.#log, () => this.#run(), options)
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
		const end = (succeeded: boolean, samples: readonly Sample[] | undefined, finishedAt: number) =>
			this.#onResult({ succeeded, samples, durationSeconds: (finishedAt - startedAt) / 1000, finishedAt })
		try {
			// Samples that cannot be published, because of their labels, are a failure like any other.
			end(true, await this.#collectInTime(), this.#clock.now())
		} catch (error) {
			if (this.#stopping.signal.aborted) return
			const failedAt = this.#clock.now()
			end(false, await this.#keptInTime(), failedAt)
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

	/** Undefined when that cannot be known either: the run has failed already. */
	async #keptInTime(): Promise<readonly Sample[] | undefined> {
		const { name, kept } = this.#collector
		if (kept === undefined) return undefined
		const message = `what ${name} keeps could not be read within ${KEPT_TIMEOUT_MS} ms`
		const deadline = { ms: KEPT_TIMEOUT_MS, message, signal: this.#stopping.signal }
		try {
			const samples = await withTimeout(deadline, (signal) => kept.call(this.#collector, signal))
			if (samples) assertDeclared(samples, this.#collector)
			return samples
		} catch (error) {
			this.#log.debug({ collector: name, error: messageOf(error) }, "no totals to show meanwhile")
			return undefined
		}
	}
}

function assertDeclared(samples: readonly Sample[], { name, emits }: Collector): void {
	for (const { series } of samples)
		if (!emits.includes(series)) throw new TypeError(`collector ${name} gave ${series.name}, which it does not declare`)
}
