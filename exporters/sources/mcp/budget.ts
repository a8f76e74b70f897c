import type { Clock } from "../../../core/lib/clock.ts"

/** Allows an amount at once, and then so much a second. */
export class Budget {
	readonly #burst: number
	readonly #perSecond: number
	readonly #clock: Clock
	#left: number
	#at: number

	constructor(burst: number, perSecond: number, clock: Clock) {
		this.#burst = burst
		this.#perSecond = perSecond
		this.#clock = clock
		this.#left = burst
		this.#at = clock.now()
	}

	/** Uses an amount; false when that was more than is left. */
	use(amount: number): boolean {
		const now = this.#clock.now()
		const earned = (Math.max(0, now - this.#at) / 1000) * this.#perSecond
		this.#left = Math.min(this.#burst, this.#left + earned) - amount
		this.#at = now
		return this.#left >= 0
	}
}
