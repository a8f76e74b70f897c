import { setTimeout as sleep } from "node:timers/promises"
import { messageOf } from "../core/lib/errors.ts"
import type { Logger } from "../core/lib/log.ts"

/** Does something again and again, never twice at once, until it is closed. A failure is logged once an outage. */
export class Loop {
	readonly #stopping = new AbortController()
	readonly #done: Promise<void>

	constructor(what: string, everyMs: number, log: Logger, work: () => Promise<void>) {
		this.#done = this.#run(what, everyMs, log, work)
	}

	async close(): Promise<void> {
		this.#stopping.abort()
		await this.#done
	}

	async #run(what: string, everyMs: number, log: Logger, work: () => Promise<void>): Promise<void> {
		const { signal } = this.#stopping
		let failing = false
		while (!signal.aborted) {
			try {
				await work()
				if (failing) log.info({ what }, "works again")
				failing = false
			} catch (error) {
				if (!failing) log.warn({ what, error: messageOf(error) }, "failed, and is tried again")
				failing = true
			}
			// Rejects only because it was aborted, which the condition sees.
			await sleep(everyMs, undefined, { signal }).catch(() => undefined)
		}
	}
}
