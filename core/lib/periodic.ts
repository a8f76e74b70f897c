import { setTimeout as sleep } from "node:timers/promises"
import { problemOf } from "./errors.ts"
import type { Logger } from "./log.ts"
import { inSpan } from "./span.ts"

/** Between two rounds, however often it is woken. */
const BREATHER_MS = 1_000

/** Tasks that fail together: what of it a task logs itself. */
export interface Outage {
	/** Whether no other task fails for the same cause. */
	isNew(error: unknown): boolean
	/** Whether no other task fails for the cause any more. */
	isLast(): boolean
}

export interface PeriodicOptions {
	/** Asked before a failure or a recovery is logged; a task that fails alone needs none. */
	readonly outage?: Outage
	/** Whether the first round begins after the interval only, for work that has just been done. */
	readonly later?: boolean
}

/** An interval in milliseconds, or a function that says after each round how long it is now. */
export type Interval = number | (() => number)

/**
 * Does something at an interval, from the start of one round to the start of the next, never twice at once, until it is
 * closed. A failure is logged once an outage.
 */
export class PeriodicTask {
	readonly #stopping = new AbortController()
	#woken = new AbortController()
	readonly #done: Promise<void>

	constructor(
		what: string,
		everyMs: Interval,
		log: Pick<Logger, "info" | "warn">,
		work: () => Promise<void>,
		{ later = false, outage }: PeriodicOptions = {},
	) {
		this.#done = later
			? pause(lengthOf(everyMs), this.#woken.signal).then(() => this.#run(what, everyMs, log, work, outage))
			: this.#run(what, everyMs, log, work, outage)
	}

	/** The next round begins now, or right after the one under way. */
	wake(): void {
		this.#woken.abort()
	}

	async close(): Promise<void> {
		this.#stopping.abort()
		this.wake()
		await this.#done
	}

	async #run(
		what: string,
		everyMs: Interval,
		log: Pick<Logger, "info" | "warn">,
		work: () => Promise<void>,
		outage: Outage | undefined,
	): Promise<void> {
		const { signal } = this.#stopping
		let failing = false
		while (!signal.aborted) {
			this.#woken = new AbortController()
			const startedAt = performance.now()
			try {
				await inSpan(what, work)
				if (failing && (outage?.isLast() ?? true)) log.info({ what }, "task recovered")
				failing = false
			} catch (error) {
				if (!failing && (outage?.isNew(error) ?? true)) log.warn({ what, ...problemOf(error) }, "task failed; retrying")
				failing = true
			}
			const gap = lengthOf(everyMs)
			await pause(Math.min(gap, BREATHER_MS), signal)
			await pause(gap - (performance.now() - startedAt), this.#woken.signal)
		}
	}
}

const lengthOf = (interval: Interval) => (typeof interval === "number" ? interval : interval())

/** Ends early when `signal` is aborted, which is the only reason that sleeping rejects. */
const pause = (ms: number, signal: AbortSignal) => sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
