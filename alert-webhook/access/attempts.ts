import type { Clock } from "../../core/lib/clock.ts"

/**
 * Slows guessing: after `most` failures within `windowMs` an address has to wait. Kept in memory, for at most
 * `addresses` of them, because it only has to make guessing slow.
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

	blocked(address: string): boolean {
		const failures = this.#failures.get(address)
		return failures !== undefined && this.#clock.now() - failures.since < this.#windowMs && failures.count >= this.#most
	}

	failed(address: string): void {
		const now = this.#clock.now()
		const failures = this.#failures.get(address)
		if (failures && now - failures.since < this.#windowMs) failures.count++
		else {
			this.#failures.delete(address)
			this.#failures.set(address, { count: 1, since: now })
		}
		const [oldest] = this.#failures.keys()
		if (this.#failures.size > this.#addresses && oldest !== undefined) this.#failures.delete(oldest)
	}
}
