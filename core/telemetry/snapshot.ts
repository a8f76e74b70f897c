import type { SeriesSpec } from "../catalogue/types.ts"
import { knownLabelSets, type LabelFolder } from "./fold.ts"
import type { HistogramSample, Sample } from "./samples.ts"

export interface Value {
	readonly metricName: string
	readonly labels: Record<string, string | number>
	readonly value: number
}

/**
 * A metric in prom-client's registry whose values are a collector's latest snapshot, taken as they are: counters keep
 * the source's absolute count and histograms its buckets, which prom-client's own classes have no way to set.
 */
export class SnapshotMetric {
	readonly name: string
	readonly help: string
	readonly type: string
	readonly aggregator = "sum"
	readonly #series: SeriesSpec
	#values: Value[] = []

	constructor(series: SeriesSpec) {
		this.#series = series
		this.name = series.name
		this.help = series.help
		this.type = series.type
	}

	/**
	 * Replaces all values. Samples that fold into the same labels are added up; a counter whose labels are all known
	 * beforehand gets a 0 where there is no sample. `undefined` empties it: a failed source has no values.
	 */
	set(samples: readonly Sample[] | undefined, folder: LabelFolder): void {
		if (samples === undefined) {
			this.#values = []
			return
		}
		const merged = new Map<string, Sample>()
		for (const labels of (this.type === "counter" && knownLabelSets(this.#series)) || [])
			merged.set(JSON.stringify(labels), { series: this.#series, labels, value: 0 })
		for (const sample of samples) {
			const labels = folder.fold(this.#series, sample.labels)
			const key = JSON.stringify(labels)
			merged.set(key, add(merged.get(key), { ...sample, labels }))
		}
		this.#values = [...merged.values()].flatMap((sample) => this.#render(sample))
	}

	async get() {
		return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values: this.#values }
	}

	#render(sample: Sample): Value[] {
		if (!("counts" in sample)) return [{ metricName: this.name, labels: sample.labels, value: sample.value }]
		return renderHistogram(this.name, sample)
	}
}

/** A histogram's series in Prometheus' form: cumulative buckets, sum and count. */
export function renderHistogram(name: string, { series, labels, counts, sum }: HistogramSample): Value[] {
	const bounds = [...(series.buckets ?? []), Number.POSITIVE_INFINITY]
	let cumulative = 0
	const buckets = bounds.map((bound, i) => {
		cumulative += counts[i] ?? 0
		const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound)
		return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulative }
	})
	return [
		...buckets,
		{ metricName: `${name}_sum`, labels, value: sum },
		{ metricName: `${name}_count`, labels, value: cumulative },
	]
}

function add(a: Sample | undefined, b: Sample): Sample {
	if (a === undefined) return b
	if ("counts" in b) {
		const first = a as HistogramSample
		return { ...b, counts: b.counts.map((count, i) => count + (first.counts[i] ?? 0)), sum: first.sum + b.sum }
	}
	return { ...b, value: b.value + ("value" in a ? a.value : 0) }
}
