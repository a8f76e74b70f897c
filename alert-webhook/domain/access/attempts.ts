import type { Clock } from "../../../core/lib/clock.ts"
import { sha256 } from "./secrets.ts"

/**
 * Counts wrong tokens by address. An address that has tried `most` different ones within `windowMs` is blocked until
 * the window ends; a program that repeats one stale token is not. In memory, for at most `addresses` of them.
 */
export class Attempts {
	readonly #clock: Clock
	readonly #most: number
	readonly #windowMs: number
	readonly #addresses = 10_000
	readonly #failures = new Map<string, { readonly wrong: Set<string>; readonly since: number }>()

	constructor(clock: Clock, most = 10, windowMs = 60_000) {
		this.#clock = clock
		this.#most = most
		this.#windowMs = windowMs
	}

	/** Whether an address has to wait before its next try. */
	guesses(address: string): boolean {
		return (this.#current(address)?.wrong.size ?? 0) >= this.#most
	}

	failed(address: string, token: string): void {
		const known = this.#current(address)
		if (known) return void known.wrong.add(sha256(token))
		this.#failures.delete(address)
		this.#failures.set(address, { wrong: new Set([sha256(token)]), since: this.#clock.now() })
		const [oldest] = this.#failures.keys()
		if (this.#failures.size > this.#addresses && oldest !== undefined) this.#failures.delete(oldest)
	}

	#current(address: string) {
		const failures = this.#failures.get(address)
		return failures && this.#clock.now() - failures.since < this.#windowMs ? failures : undefined
	}
}
