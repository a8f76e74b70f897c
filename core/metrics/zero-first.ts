/** How long by default: longer than the usual scrape interval of 15 s. */
export const ZERO_HOLD_MS = 20_000

/**
 * Shows a series that appears late at 0 before its first value: Prometheus' `increase()` does not see a step from
 * absent to anything. Only for counters and histograms whose labels are not known beforehand; the others are there, at
 * 0, from the start.
 */
export class ZeroFirst {
	readonly #holdMs: number
	readonly #since = new Map<string, number>()
	#until = Number.NEGATIVE_INFINITY

	/** @param holdMs longer than a scrape interval; 0 shows values at once */
	constructor(holdMs: number) {
		this.#holdMs = holdMs
	}

	/** A series has a value. @param now milliseconds, on any clock that does not jump */
	appeared(key: string, now: number): void {
		if (this.#since.has(key)) return
		this.#since.set(key, now)
		this.#until = Math.max(this.#until, now + this.#holdMs)
	}

	/** A series was there at the first reading: its appearance was not seen, so it is shown as it is. */
	wasThere(key: string): void {
		if (!this.#since.has(key)) this.#since.set(key, Number.NEGATIVE_INFINITY)
	}

	/** A series has gone; if it comes back, it is a new one. */
	forget(key: string): void {
		this.#since.delete(key)
	}

	/** Whether the series is shown at 0. */
	hides(key: string, now: number): boolean {
		const since = this.#since.get(key)
		return since !== undefined && now - since < this.#holdMs
	}

	/** Whether any series is shown at 0. */
	hidesAny(now: number): boolean {
		return now < this.#until
	}
}
