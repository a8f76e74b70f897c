/** An item that waits for its group. */
interface Waiting<T> {
	readonly item: T
	readonly weight: number
	resolve(): void
	reject(error: unknown): void
}

export interface GroupOptions<T> {
	/** Works on all of them, or throws and has worked on none. */
	work(items: readonly T[]): Promise<void>
	/** Whether to try each item alone after its group has failed. */
	retryAlone(error: unknown): boolean
	weigh(item: T): number
	/** The largest weight of a group; a heavier item makes a group of its own, and does not make the others wait for it. */
	readonly most: number
}

/**
 * Works on items in groups, one group at a time: the items that arrive during a group make the next one. Light items
 * keep their order, and so do heavy ones.
 * Under load many requests share the cost of one transaction and one disk sync; without load no item waits.
 */
export class Groups<T> {
	readonly #options: GroupOptions<T>
	#waiting: Waiting<T>[] = []
	#running = false
	#turnOfHeavy = false

	constructor(options: GroupOptions<T>) {
		this.#options = options
	}

	/** Settles after the item's work; rejects with the item's own failure. */
	add(item: T): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ item, weight: this.#options.weigh(item), resolve, reject })
			if (!this.#running) void this.#run()
		})
	}

	async #run(): Promise<void> {
		this.#running = true
		// Items that arrive in the same turn of the event loop join the group.
		await new Promise((resolve) => setImmediate(resolve))
		while (this.#waiting.length > 0) await this.#work(this.#next())
		this.#running = false
	}

	/** Removes the next group from the queue. A heavy item and the light ones take turns, so neither waits for long. */
	#next(): Waiting<T>[] {
		const { most } = this.#options
		const heavy = this.#waiting.findIndex(({ weight }) => weight > most)
		const isOnlyHeavy = this.#waiting.every(({ weight }) => weight > most)
		if (heavy >= 0 && (this.#turnOfHeavy || isOnlyHeavy)) {
			this.#turnOfHeavy = false
			return this.#waiting.splice(heavy, 1)
		}
		this.#turnOfHeavy = true
		const group: Waiting<T>[] = []
		const left: Waiting<T>[] = []
		let weight = 0
		// In order: once a light one does not fit, those behind it wait with it.
		let isFull = false
		for (const one of this.#waiting) {
			const isLight = one.weight <= most
			if (isLight && !isFull && weight + one.weight <= most) {
				weight += one.weight
				group.push(one)
			} else {
				isFull ||= isLight
				left.push(one)
			}
		}
		this.#waiting = left
		return group
	}

	/** Never rejects. One bad item must not fail the others of its group. */
	async #work(group: readonly Waiting<T>[]): Promise<void> {
		try {
			await this.#options.work(group.map(({ item }) => item))
			for (const { resolve } of group) resolve()
		} catch (error) {
			if (group.length > 1 && this.#options.retryAlone(error)) for (const one of group) await this.#work([one])
			else for (const { reject } of group) reject(error)
		}
	}
}
