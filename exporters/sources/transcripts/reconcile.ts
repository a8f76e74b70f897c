/** A counted answer. Subagents' answers have an empty request. */
export interface Counted {
	readonly message: string
	readonly request: string
	readonly run: string
	readonly sidechain: boolean
	readonly agent: string | undefined
	readonly parent: string | undefined
	readonly model: string
	readonly input: number
	readonly output: number
	readonly cacheRead: number
	readonly cacheCreation: number
	readonly cacheWrite1h: number
	readonly webSearches: number
	readonly speed: string | undefined
	readonly tier: string | undefined
	/** The cost that the line itself says. */
	readonly statedUsd: number | undefined
	/** The cost by the price table; undefined without a price. */
	readonly listUsd: number | undefined
	readonly at: Date
}

export const keyOf = ({ message, request }: Pick<Counted, "message" | "request">): string =>
	JSON.stringify([message, request])

const total = ({ input, output, cacheRead, cacheCreation }: Counted): number =>
	input + output + cacheRead + cacheCreation

/**
 * Selects the rows that count among a transcript's repeated answers. Message and request identify an answer; its row with
 * the most tokens counts. A subagent's row replays any other row with the same message: a row of the main conversation
 * wins, and among subagents' rows the largest.
 */
export class Answers {
	readonly #counted = new Map<string, Counted>()
	/** Keys by message. */
	readonly #keys = new Map<string, Set<string>>()
	readonly #changed = new Set<string>()
	readonly #removed = new Map<string, Counted>()

	/** `known` are the answers counted so far, at least those of the messages to be added. */
	constructor(known: readonly Counted[]) {
		for (const row of known) this.#put(row)
	}

	/** Adds a row. It stays with the run that counted it first. */
	add(row: Counted): void {
		const same = [...(this.#keys.get(row.message) ?? [])].flatMap((key) => this.#counted.get(key) ?? [])
		if (row.sidechain) {
			if (same.some(({ sidechain }) => !sidechain)) return
			this.#keepLargest({ ...row, request: "" })
			return
		}
		for (const replay of same) if (replay.sidechain) this.#remove(replay)
		this.#keepLargest(row)
	}

	/** The differences to the answers known at the start. */
	changes(): { readonly upserts: readonly Counted[]; readonly deletes: readonly Counted[] } {
		const upserts = [...this.#changed].flatMap((key) => this.#counted.get(key) ?? [])
		return { upserts, deletes: [...this.#removed.values()] }
	}

	#keepLargest(row: Counted): void {
		const key = keyOf(row)
		const before = this.#counted.get(key)
		if (before && total(row) <= total(before)) return
		this.#put(before ? { ...row, run: before.run } : row)
		this.#changed.add(key)
	}

	#put(row: Counted): void {
		const key = keyOf(row)
		this.#counted.set(key, row)
		this.#removed.delete(key)
		const keys = this.#keys.get(row.message) ?? new Set()
		this.#keys.set(row.message, keys.add(key))
	}

	#remove(row: Counted): void {
		const key = keyOf(row)
		this.#counted.delete(key)
		this.#keys.get(row.message)?.delete(key)
		this.#changed.delete(key)
		this.#removed.set(key, row)
	}
}
