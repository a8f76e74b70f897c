import type { SeriesSpec } from "../catalogue/types.ts"
import type { Labels } from "./fold.ts"
import type { HistogramSample } from "./samples.ts"
import { renderHistogram, type Value } from "./snapshot.ts"

interface State extends HistogramSample {
	readonly counts: number[]
	sum: number
}

/**
 * A histogram in prom-client's registry to which many observations can be added at once, as they arrive in a metric
 * that somebody else has already put into buckets; prom-client's own class takes them one by one only.
 */
export class EventHistogram {
	readonly name: string
	readonly help: string
	readonly type = "histogram"
	readonly aggregator = "sum"
	readonly #series: SeriesSpec
	readonly #bounds: readonly number[]
	readonly #states = new Map<string, State>()

	constructor(series: SeriesSpec) {
		this.#series = series
		this.#bounds = series.buckets ?? []
		this.name = series.name
		this.help = series.help
	}

	observe(labels: Labels, value: number): void {
		const state = this.#state(labels)
		const found = this.#bounds.findIndex((bound) => value <= bound)
		const bucket = found === -1 ? this.#bounds.length : found
		state.counts[bucket] = (state.counts[bucket] ?? 0) + 1
		state.sum += value
	}

	/** `counts` per bucket of the series, not cumulative, and last those above the highest bound. */
	merge(labels: Labels, counts: readonly number[], sum: number): void {
		const state = this.#state(labels)
		for (const [i, before] of state.counts.entries()) state.counts[i] = before + (counts[i] ?? 0)
		state.sum += sum
	}

	/** Makes the series exist, at 0. */
	zero(labels: Labels): void {
		this.#state(labels)
	}

	async get() {
		const values: Value[] = [...this.#states.values()].flatMap((state) => renderHistogram(this.name, state))
		return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
	}

	#state(labels: Labels): State {
		// Labels come from the folder, which gives them in the order of the declaration.
		const key = JSON.stringify(labels)
		const known = this.#states.get(key)
		if (known) return known
		const counts = new Array<number>(this.#bounds.length + 1).fill(0)
		const made: State = { series: this.#series, labels, counts, sum: 0 }
		this.#states.set(key, made)
		return made
	}
}
