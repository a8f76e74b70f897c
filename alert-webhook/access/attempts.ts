import type { Clock } from "../../core/lib/clock.ts"

/**
 * Counts failures by address: more than `most` within `windowMs` are too many. Kept in memory, for at most
 * `addresses` of them, because it only dampens guessing; the tokens' length prevents it.
 */
export class Attempts {
	readonly #clock: Clock
	readonly #most: number
	readonly #windowMs: number
	readonly #addresses = 10_000
	readonly #failures = new Map<string, { count: number; since: number }>()

	constructor(clock: Clock, most = 10, windowMs = 60_000) {
		this.#clock = clock
		this.#most = most
		this.#windowMs = windowMs
	}

	/** Notes a failure; true when there have been too many. */
	failed(address: string): boolean {
		const now = this.#clock.now()
		const failures = this.#failures.get(address)
		if (failures && now - failures.since < this.#windowMs) failures.count++
		else {
			this.#failures.delete(address)
			this.#failures.set(address, { count: 1, since: now })
			const [oldest] = this.#failures.keys()
			if (this.#failures.size > this.#addresses && oldest !== undefined) this.#failures.delete(oldest)
		}
		return (this.#failures.get(address)?.count ?? 0) > this.#most
	}
}
