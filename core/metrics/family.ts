import type { ValueRefusal } from "../catalogue/subjects/observatory.ts"
import type { SeriesSpec } from "../catalogue/types.ts"
import type { Clock } from "../lib/clock.ts"
import { type Buckets, Histogram } from "./buckets.ts"
import { knownLabelSets, type LabelFolder, type Labels, labelKey } from "./labels.ts"
import type { Sample } from "./samples.ts"
import {
	grown,
	largestTotal,
	refuseBuckets,
	refuseGauge,
	refuseIncrease,
	refuseObservation,
	refuseTotal,
} from "./values.ts"
import { ZeroFirst } from "./zero-first.ts"

/** Called once for every value that was not used. */
export type OnRefuse = (series: string, reason: ValueRefusal) => void

/** One line of an exposition, as prom-client takes it; without a name it is the family's own. */
interface Value {
	readonly metricName?: string
	readonly labels: Labels
	readonly value: number
}

interface State {
	readonly labels: Labels
	/** Of a gauge or counter. */
	value: number
	readonly histogram: Histogram | undefined
}

/**
 * All label sets of one catalogued series, as a metric in prom-client's registry. It can be set to what a collector has
 * read: counters to the source's absolute count and histograms to its buckets, which prom-client's own classes cannot.
 */
export class Family {
	readonly name: string
	readonly help: string
	readonly type: SeriesSpec["type"]
	readonly aggregator = "sum"
	readonly #series: SeriesSpec
	readonly #clock: Clock
	readonly #zeroFirst: ZeroFirst | undefined
	readonly #known: readonly Labels[]
	#states = new Map<string, State>()
	#values: readonly Value[] | undefined
	#replaced = false
	readonly #onRefuse: OnRefuse

	/**
	 * @param onRefuse called for each value that is not used
	 * @param zeroHoldMs how long a counter or histogram with a new label value is shown at 0
	 */
	constructor(series: SeriesSpec, clock: Clock, onRefuse: OnRefuse, zeroHoldMs = 0) {
		this.name = series.name
		this.help = series.help
		this.type = series.type
		this.#series = series
		this.#clock = clock
		this.#onRefuse = onRefuse
		const known = series.type === "gauge" ? [] : knownLabelSets(series)
		this.#known = known ?? []
		this.#zeroFirst = known === undefined && zeroHoldMs > 0 ? new ZeroFirst(zeroHoldMs) : undefined
	}

	/** Makes every label set that is known beforehand exist, at 0. */
	startAtZero(): void {
		for (const labels of this.#known) this.#state(labels)
	}

	increase(labels: Labels, by: number): void {
		if (this.#refuses(refuseIncrease(this.#series, by))) return
		const state = this.#state(labels)
		state.value = grown(state.value, by, largestTotal(this.#series.quantity))
	}

	set(labels: Labels, value: number): void {
		if (this.#refuses(refuseGauge(value))) return
		this.#state(labels).value = value
	}

	observe(labels: Labels, value: number): void {
		if (this.#refuses(refuseObservation(this.#series, value))) return
		this.#state(labels).histogram?.observe(value)
	}

	/** Adds many observations at once. */
	merge(labels: Labels, buckets: Buckets): void {
		if (this.#refuses(refuseBuckets(this.#series, buckets))) return
		this.#state(labels).histogram?.add(buckets)
	}

	remove(labels: Labels): void {
		this.#values = undefined
		this.#states.delete(labelKey(labels))
	}

	/** Removes what has this label value; should it come back, it begins at 0. */
	forget(label: string, value: string): void {
		this.#values = undefined
		for (const [key, { labels }] of this.#states) {
			if (labels[label] !== value) continue
			this.#states.delete(key)
			this.#zeroFirst?.forget(key)
		}
	}

	/**
	 * Replaces all values. Samples that fold into the same labels are added up; a counter whose labels are all known
	 * beforehand gets a 0 where there is no sample. `undefined` empties it: a failed source has no values. A sample whose
	 * number cannot be right is left out, the others are shown.
	 */
	replace(samples: readonly Sample[] | undefined, folder: LabelFolder): void {
		this.#values = undefined
		this.#states = new Map()
		if (samples === undefined) return
		if (this.type === "counter") this.startAtZero()
		for (const sample of samples) {
			if (this.#refuses(this.#refusalOf(sample))) continue
			const labels = folder.fold(this.#series, sample.labels)
			if (!this.#replaced) this.#zeroFirst?.wasThere(labelKey(labels))
			const state = this.#state(labels)
			if ("counts" in sample) state.histogram?.add(sample)
			else state.value += sample.value
		}
		this.#replaced = true
	}

	/** What prom-client asks a metric for. */
	async get() {
		return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values: this.#render() }
	}

	#refusalOf(sample: Sample): ValueRefusal | undefined {
		if ("counts" in sample)
			return [...sample.counts, sample.sum].map(refuseTotal).find((refusal) => refusal !== undefined)
		return this.type === "gauge" ? refuseGauge(sample.value) : refuseTotal(sample.value)
	}

	#refuses(refusal: ValueRefusal | undefined): boolean {
		if (refusal === undefined) return false
		this.#onRefuse(this.name, refusal)
		return true
	}

	#render(): readonly Value[] {
		if (this.#values !== undefined) return this.#values
		const now = this.#clock.now()
		const values = [...this.#states].flatMap(([key, state]) => this.#lines(state, this.#zeroFirst?.hides(key, now)))
		if (!this.#zeroFirst?.hidesAny(now)) this.#values = values
		return values
	}

	#lines({ labels, value, histogram }: State, hidden = false): Value[] {
		if (histogram === undefined) return [{ labels, value: hidden ? 0 : value }]
		const shown = hidden ? new Histogram(histogram.bounds) : histogram
		const buckets = shown.cumulative()
		return [
			...buckets.map(({ le, count }) => ({
				metricName: `${this.name}_bucket`,
				labels: { ...labels, le },
				value: count,
			})),
			{ metricName: `${this.name}_sum`, labels, value: shown.sum },
			{ metricName: `${this.name}_count`, labels, value: buckets.at(-1)?.count ?? 0 },
		]
	}

	#histogram(): Histogram {
		return new Histogram(this.#series.buckets, largestTotal(this.#series.quantity))
	}

	#state(labels: Labels): State {
		this.#values = undefined
		const key = labelKey(labels)
		const known = this.#states.get(key)
		if (known) return known
		const histogram = this.type === "histogram" ? this.#histogram() : undefined
		const made: State = { labels, value: 0, histogram }
		this.#states.set(key, made)
		this.#zeroFirst?.appeared(key, this.#clock.now())
		return made
	}
}
