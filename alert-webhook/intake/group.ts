/** A notification, or whatever else, that waits for the group it will be worked on with. */
interface Waiting<T> {
	readonly item: T
	readonly weight: number
	readonly keys: readonly string[]
	resolve(): void
	reject(error: unknown): void
}

export interface GroupOptions<T> {
	/** Works on all of them, or on none: it throws then. */
	work(items: readonly T[]): Promise<void>
	/** Whether each item is worth trying alone after a group with it has failed. */
	retryAlone(error: unknown): boolean
	weigh(item: T): number
	/** What an item is about. Items about the same thing are never worked on side by side, nor out of order. */
	keys(item: T): readonly string[]
	/** Most weight of one group; an item that is heavier makes a group of its own. */
	readonly most: number
	/** Groups that may be worked on at once, so that one is prepared while another waits for the disk. */
	readonly lanes: number
}

/**
 * Works on what arrives in groups, a few at a time: what arrives while they are worked on makes the next. Under
 * load many requests share the cost of one transaction and one wait for the disk; without load nobody waits for company.
 */
export class Groups<T> {
	readonly #options: GroupOptions<T>
	#waiting: Waiting<T>[] = []
	/** Keys of the items that are worked on. */
	readonly #busy = new Set<string>()
	#lanes = 0

	constructor(options: GroupOptions<T>) {
		this.#options = options
	}

	/** Settles once the item has been worked on; rejects with what its own failure was. */
	add(item: T): Promise<void> {
		const { weigh, keys, lanes } = this.#options
		return new Promise((resolve, reject) => {
			this.#waiting.push({ item, weight: weigh(item), keys: keys(item), resolve, reject })
			if (this.#lanes < lanes) void this.#run()
		})
	}

	async #run(): Promise<void> {
		this.#lanes++
		// Whoever arrives in the same turn of the event loop still comes along.
		await new Promise((resolve) => setImmediate(resolve))
		// What waits for another lane's keys is taken by that lane, once it is done with them.
		for (let group = this.#next(); group.length > 0; group = this.#next()) {
			const keys = group.flatMap((one) => one.keys)
			for (const key of keys) this.#busy.add(key)
			await this.#work(group)
			for (const key of keys) this.#busy.delete(key)
		}
		this.#lanes--
	}

	/** Takes out what can be worked on now: as much as is allowed, in order, without what has to come after others. */
	#next(): Waiting<T>[] {
		const group: Waiting<T>[] = []
		const later: Waiting<T>[] = []
		const passed = new Set<string>()
		let weight = 0
		for (const [i, one] of this.#waiting.entries()) {
			if (one.keys.some((key) => this.#busy.has(key) || passed.has(key))) {
				later.push(one)
				for (const key of one.keys) passed.add(key)
				continue
			}
			weight += one.weight
			if (group.length > 0 && weight > this.#options.most) {
				later.push(...this.#waiting.slice(i))
				break
			}
			group.push(one)
		}
		this.#waiting = later
		return group
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
