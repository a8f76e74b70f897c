import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"

/** The share of the time that the store has in any case, so that it never stops. */
const LEAST = 0.05
/** Most that is saved up. */
const MOST_MS = 100
/** Longest pause between two looks. */
const PAUSE_MS = 50
/** Nothing arrived for so long: there is no one to wait for. */
const QUIET_MS = 250
/** Below this share of the processor, a busy loop waits for it, and so its idle time is not free either. */
const STARVED = 0.7

/** Times in milliseconds, each from a start of its own. */
export interface LoopTime {
	readonly now: number
	/** The event loop waited for events. */
	readonly idle: number
	/** The event loop was busy, or wanted to be. */
	readonly active: number
	/** This process had a processor. */
	readonly cpu: number
}

/**
 * The time of the event loop that the store may use: what the intake leaves idle, and a twentieth in any case. So the intake is
 * as fast as without a store; what cannot be stored at that pace does not fit into the buffer, and is counted.
 */
export class LoopCredit {
	readonly #time: () => LoopTime
	readonly #now: () => number
	#seen: LoopTime
	#credit = MOST_MS
	#arrivedAt = Number.NEGATIVE_INFINITY

	constructor(time: () => LoopTime = loopTime, now: () => number = () => performance.now()) {
		this.#time = time
		this.#now = now
		this.#seen = time()
	}

	/** The intake works. Called for each record, so it only reads the clock. */
	arrived(): void {
		this.#arrivedAt = this.#now()
	}

	/** Does work that keeps the loop busy, and counts its time. */
	spend<T>(work: () => T): T {
		const startedAt = this.#now()
		try {
			return work()
		} finally {
			this.#credit -= this.#now() - startedAt
		}
	}

	/** Milliseconds to wait before the next work; 0 when there is credit. */
	wait(): number {
		const [from, to] = [this.#seen, this.#time()]
		this.#seen = to
		const starved = to.cpu - from.cpu < STARVED * (to.active - from.active)
		const earned = LEAST * (to.now - from.now) + (starved ? 0 : to.idle - from.idle)
		const quiet = to.now - this.#arrivedAt > QUIET_MS
		this.#credit = quiet ? MOST_MS : Math.min(MOST_MS, this.#credit + earned)
		return this.#credit >= 0 ? 0 : Math.min(PAUSE_MS, Math.ceil(-this.#credit))
	}

	/** Resolves when there is credit, or `signal` is aborted. */
	async turn(signal: AbortSignal): Promise<void> {
		for (let ms = this.wait(); ms > 0 && !signal.aborted; ms = this.wait())
			await sleep(ms, undefined, { signal }).catch(() => undefined)
	}
}

function loopTime(): LoopTime {
	const { idle, active } = performance.eventLoopUtilization()
	const { user, system } = process.cpuUsage()
	return { now: performance.now(), idle, active, cpu: (user + system) / 1_000 }
}
