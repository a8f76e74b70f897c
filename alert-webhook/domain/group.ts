/** A notification, or whatever else, that waits for the group it will be worked on with. */
interface Waiting<T> {
	readonly item: T
	readonly weight: number
	resolve(): void
	reject(error: unknown): void
}

export interface GroupOptions<T> {
	/** Works on all of them, or on none: it throws then. */
	work(items: readonly T[]): Promise<void>
	/** Whether each item is worth trying alone after a group with it has failed. */
	retryAlone(error: unknown): boolean
	weigh(item: T): number
	/** Most weight of one group; an item that is heavier makes a group of its own. */
	readonly most: number
}

/**
 * Works on what arrives in groups, one at a time and in order: what arrives while one is worked on makes the next. Under
 * load many requests share the cost of one transaction and one wait for the disk; without load nobody waits for company.
 */
export class Groups<T> {
	readonly #options: GroupOptions<T>
	#waiting: Waiting<T>[] = []
	#running = false

	constructor(options: GroupOptions<T>) {
		this.#options = options
	}

	/** Settles once the item has been worked on; rejects with what its own failure was. */
	add(item: T): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ item, weight: this.#options.weigh(item), resolve, reject })
			if (!this.#running) void this.#run()
		})
	}

	async #run(): Promise<void> {
		this.#running = true
		// Whoever arrives in the same turn of the event loop still comes along.
		await new Promise((resolve) => setImmediate(resolve))
		while (this.#waiting.length > 0) await this.#work(this.#next())
		this.#running = false
	}

	/** Takes out as much as is allowed, at least one. */
	#next(): Waiting<T>[] {
		let weight = 0
		const tooMuch = this.#waiting.findIndex((one, i) => {
			weight += one.weight
			return i > 0 && weight > this.#options.most
		})
		return this.#waiting.splice(0, tooMuch < 0 ? this.#waiting.length : tooMuch)
	}

	/** Never rejects. One bad item must not fail those that happened to come with it. */
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
