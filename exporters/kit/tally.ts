import type { LabelSpecs, LabelsOf, SeriesSpec } from "../../core/catalogue/types.ts"
import type { LabelFolder, Labels } from "../../core/telemetry/fold.ts"

/** One stored total: a counter's value, or a part of a histogram. */
export interface Total {
	/** The series' name; of a histogram, followed by `_bucket` or `_sum`. */
	readonly series: string
	/** Canonical JSON. A bucket's label `le` names its upper bound, its value is not cumulative. */
	readonly labels: string
	readonly value: number
}

/** Collects what rows contribute to the totals. */
export class Tally {
	readonly #folder: LabelFolder
	readonly #totals = new Map<string, { series: string; labels: string; value: number }>()
	readonly #once = new Map<string, SeriesSpec<Readonly<Record<never, never>>, "counter">>()

	constructor(folder: LabelFolder) {
		this.#folder = folder
	}

	/** Adds to a counter; `by` is never negative. */
	count<L extends LabelSpecs>(series: SeriesSpec<L, "counter">, labels: LabelsOf<L>, by = 1): void {
		this.#add(series.name, this.#folder.fold(series, labels), by)
	}

	/** Adds 1 to a counter unless something with this key has been counted before. */
	countOnce(series: SeriesSpec<Readonly<Record<never, never>>, "counter">, key: string): void {
		this.#once.set(key, series)
	}

	/** Adds an observation to a histogram. */
	observe<L extends LabelSpecs>(series: SeriesSpec<L, "histogram">, labels: LabelsOf<L>, value: number): void {
		const folded = this.#folder.fold(series, labels)
		const bound = series.buckets?.find((upper) => value <= upper)
		this.#add(`${series.name}_bucket`, { ...folded, le: bound === undefined ? "+Inf" : String(bound) }, 1)
		this.#add(`${series.name}_sum`, folded, value)
	}

	/** Keys that count when they are new, with their series. */
	get once(): ReadonlyMap<string, SeriesSpec<Readonly<Record<never, never>>, "counter">> {
		return this.#once
	}

	get totals(): readonly Total[] {
		return [...this.#totals.values()]
	}

	#add(series: string, labels: Labels, by: number): void {
		if (by === 0) return
		const canonical = canonicalLabels(labels)
		const key = `${series} ${canonical}`
		const total = this.#totals.get(key)
		if (total) total.value += by
		else this.#totals.set(key, { series, labels: canonical, value: by })
	}
}

/** Labels as JSON with sorted keys. */
export const canonicalLabels = (labels: Labels): string =>
	JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
