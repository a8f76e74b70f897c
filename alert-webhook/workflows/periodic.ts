import { setTimeout as sleep } from "node:timers/promises"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"

/** Between two rounds, however often it is woken. */
const BREATHER_MS = 1_000

/** Does something again and again, never twice at once, until it is closed. A failure is logged once an outage. */
export class Loop {
	readonly #stopping = new AbortController()
	#woken = new AbortController()
	readonly #done: Promise<void>

	constructor(what: string, everyMs: number, log: Logger, work: () => Promise<void>) {
		this.#done = this.#run(what, everyMs, log, work)
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

	async #run(what: string, everyMs: number, log: Logger, work: () => Promise<void>): Promise<void> {
		const { signal } = this.#stopping
		let failing = false
		while (!signal.aborted) {
			this.#woken = new AbortController()
			try {
				await work()
				if (failing) log.info({ what }, "works again")
				failing = false
			} catch (error) {
				if (!failing) log.warn({ what, error: messageOf(error) }, "failed, and is tried again")
				failing = true
			}
			const breather = Math.min(everyMs, BREATHER_MS)
			await pause(breather, signal)
			await pause(everyMs - breather, this.#woken.signal)
		}
	}
}

/** Ends early when `signal` is aborted, which is the only reason that sleeping rejects. */
const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)
