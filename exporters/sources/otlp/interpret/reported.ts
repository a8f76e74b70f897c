/** By which way a sender reports something. */
export type Way = string

interface Amounts {
	readonly ways: Map<Way, number>
	/** The largest of the ways. */
	counted: number
}

/**
 * What senders have reported, by which way. A service that reports its calls as metric, as spans and as events sends the
 * same amounts up to three times, and never at the same moment: the way that is ahead counts, the others catch up with
 * what is counted already. So a sender's total is the largest of its ways at any time, whichever comes first, and none
 * has to wait for another.
 */
export class Reported {
	readonly #amounts = new Map<string, Amounts>()
	readonly #max: number

	/** @param max amounts of senders that are remembered; the one that was not seen for longest is forgotten */
	constructor(max: number) {
		this.#max = max
	}

	/** How much of `amount` is not counted yet. @param what names the sender and the thing that it reports */
	fresh(what: readonly string[], way: Way, amount: number): number {
		const key = JSON.stringify(what)
		const amounts = this.#amounts.get(key) ?? { ways: new Map<Way, number>(), counted: 0 }
		this.#amounts.delete(key)
		this.#amounts.set(key, amounts)
		const [oldest] = this.#amounts.keys()
		if (this.#amounts.size > this.#max && oldest !== undefined) this.#amounts.delete(oldest)
		const total = (amounts.ways.get(way) ?? 0) + amount
		amounts.ways.set(way, total)
		const fresh = Math.max(0, total - amounts.counted)
		amounts.counted += fresh
		return fresh
	}
}
