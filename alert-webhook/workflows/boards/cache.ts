import type { Clock } from "../../../core/lib/clock.ts"

const MOST_ENTRIES = 600

interface Entry {
	readonly at: number
	readonly value: Promise<unknown>
}

/**
 * What boards have read, until a board's refresh interval has passed: many readers of a board cost Prometheus no more than
 * one. At most `width` readings run at a time.
 */
export class BoardCache {
	readonly #clock: Clock
	readonly #width: number
	readonly #entries = new Map<string, Entry>()
	readonly #waiting: (() => void)[] = []
	#running = 0

	constructor(clock: Clock, width = 8) {
		this.#clock = clock
		this.#width = width
	}

	/** The value of a key, at most `maxAgeMs` old; concurrent callers share one reading. A failure is not kept. */
	get<T>(key: string, maxAgeMs: number, read: () => Promise<T>): Promise<T> {
		const now = this.#clock.now()
		const known = this.#entries.get(key)
		if (known && now - known.at < maxAgeMs) return known.value as Promise<T>
		const value = this.#bounded(read)
		const entry = { at: now, value }
		this.#entries.delete(key)
		this.#entries.set(key, entry)
		value.catch(() => this.#entries.get(key) === entry && this.#entries.delete(key))
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size <= MOST_ENTRIES) break
			this.#entries.delete(oldest)
		}
		return value
	}

	/** A key is read again by the next caller. */
	forget(key: string): void {
		this.#entries.delete(key)
	}

	async #bounded<T>(work: () => Promise<T>): Promise<T> {
		if (this.#running >= this.#width) await new Promise<void>((start) => this.#waiting.push(start))
		else this.#running++
		try {
			return await work()
		} finally {
			const next = this.#waiting.shift()
			if (next) next()
			else this.#running--
		}
	}
}
