/** A histogram's value. */
export interface Buckets {
	/** Observations per bucket, not cumulative, and last those above the highest bound. */
	readonly counts: readonly number[]
	readonly sum: number
}

const totalOf = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0)

/** Which bucket a value falls into; the last one is for what is above every bound. */
export function bucketOf(bounds: readonly number[], value: number): number {
	const index = bounds.findIndex((bound) => value <= bound)
	return index < 0 ? bounds.length : index
}

/** A bucket's upper bound, as the label `le` gives it. */
export const boundText = (bounds: readonly number[], bucket: number): string => String(bounds[bucket] ?? "+Inf")

/** What `boundText` wrote, as a number. */
export const boundOf = (text: string): number => (text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text))

/** Puts each bucket into the first of `into` that holds all of it, so that no observation looks smaller than it was. */
export function rebucket(counts: readonly number[], bounds: readonly number[], into: readonly number[]): number[] {
	const result = new Array<number>(into.length + 1).fill(0)
	counts.forEach((n, i) => {
		const bucket = bucketOf(into, bounds[i] ?? Number.POSITIVE_INFINITY)
		result[bucket] = (result[bucket] ?? 0) + n
	})
	return result
}

/** A histogram that grows. */
export class Histogram implements Buckets {
	readonly bounds: readonly number[]
	readonly counts: number[]
	sum = 0
	readonly #largestSum: number

	/** @param largestSum beyond it the histogram begins again, as a counter does in `grown` */
	constructor(bounds: readonly number[] = [], largestSum: number = Number.MAX_SAFE_INTEGER) {
		this.bounds = bounds
		this.#largestSum = largestSum
		this.counts = new Array<number>(bounds.length + 1).fill(0)
	}

	/** Adds one observation. @throws TypeError when it is not a finite number */
	observe(value: number): void {
		if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be observed`)
		this.#makeRoom(1, value)
		const bucket = bucketOf(this.bounds, value)
		this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
		this.sum += value
	}

	/** Adds what another one of the same bounds holds. @throws TypeError when a number of it is not finite */
	add({ counts, sum }: Buckets): void {
		if (![sum, ...counts].every(Number.isFinite)) throw new TypeError("a histogram that is not finite cannot be added")
		this.#makeRoom(totalOf(counts), sum)
		for (const [i, before] of this.counts.entries()) this.counts[i] = before + (counts[i] ?? 0)
		this.sum += sum
	}

	/** All of it begins again, or none: buckets are shown cumulative, and belong to one time. */
	#makeRoom(count: number, sum: number): void {
		if (this.sum + sum <= this.#largestSum && totalOf(this.counts) + count <= Number.MAX_SAFE_INTEGER) return
		this.counts.fill(0)
		this.sum = 0
	}

	/** For each bucket, its upper bound and how many observations are not above it. */
	cumulative(): { readonly le: string; readonly count: number }[] {
		let count = 0
		return this.counts.map((n, i) => {
			count += n
			return { le: boundText(this.bounds, i), count }
		})
	}
}
