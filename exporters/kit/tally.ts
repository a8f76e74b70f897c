import { createHash } from "node:crypto"
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

/** Longer keys are remembered by their hash: an entry of PostgreSQL's index holds less than 2.7 kB. */
const LONGEST_KEY = 250

interface Sum {
	readonly series: string
	readonly labels: string
	value: number
}

/** Collects what rows contribute to the totals. */
export class Tally {
	readonly #folder: LabelFolder
	readonly #totals = new Map<string, Sum>()
	/** Sums by the labels as they were given: rows are many, their labels few. */
	readonly #sums = new Map<string, Map<string, Sum>>()
	readonly #once = new Map<string, SeriesSpec<Readonly<Record<never, never>>, "counter">>()

	constructor(folder: LabelFolder) {
		this.#folder = folder
	}

	/** Adds to a counter. What is not a positive number adds nothing: a single NaN would spoil the total for ever. */
	count<L extends LabelSpecs>(series: SeriesSpec<L, "counter">, labels: LabelsOf<L>, by = 1): void {
		if (by > 0 && Number.isFinite(by)) this.#sum(series, series.name, labels, undefined).value += by
	}

	/** Adds 1 to a counter unless something with this key has been counted before. */
	countOnce(series: SeriesSpec<Readonly<Record<never, never>>, "counter">, key: string): void {
		this.#once.set(key.length > LONGEST_KEY ? `sha256 ${createHash("sha256").update(key).digest("hex")}` : key, series)
	}

	/** Adds an observation to a histogram, if it is a number. */
	observe<L extends LabelSpecs>(series: SeriesSpec<L, "histogram">, labels: LabelsOf<L>, value: number): void {
		if (!Number.isFinite(value)) return
		const bound = series.buckets?.find((upper) => value <= upper)
		this.#sum(series, `${series.name}_bucket`, labels, bound === undefined ? "+Inf" : String(bound)).value += 1
		this.#sum(series, `${series.name}_sum`, labels, undefined).value += value
	}

	/** Keys that count when they are new, with their series. */
	get once(): ReadonlyMap<string, SeriesSpec<Readonly<Record<never, never>>, "counter">> {
		return this.#once
	}

	get totals(): readonly Total[] {
		return [...this.#totals.values()].filter(({ value }) => value !== 0)
	}

	#sum(spec: SeriesSpec, series: string, given: Labels, le: string | undefined): Sum {
		const known = this.#sums.get(series) ?? new Map<string, Sum>()
		this.#sums.set(series, known)
		const quick = `${Object.values(given).join("\u0000")}\u0000${le}`
		const cached = known.get(quick)
		if (cached) return cached
		const kept = this.#folder.fold(spec, given)
		const labels = canonicalLabels({ ...kept, ...(le === undefined ? {} : { le }) })
		const key = `${series} ${labels}`
		const sum = this.#totals.get(key) ?? { series, labels, value: 0 }
		this.#totals.set(key, sum)
		// What was folded goes through the folder each time, which counts it.
		if (Object.entries(kept).every(([label, value]) => given[label] === value)) known.set(quick, sum)
		return sum
	}
}

/** The larger one; what is not a number, as a source may have it, is none. */
export const most = (counted: number, seen: number | null | undefined): number =>
	typeof seen === "number" && Number.isFinite(seen) ? Math.max(counted, seen) : counted

/** Labels as JSON with sorted keys. */
export const canonicalLabels = (labels: Labels): string =>
	JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
