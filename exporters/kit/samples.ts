import type { SeriesSpec } from "../../core/catalogue/types.ts"
import { knownLabelSets, type Labels } from "../../core/telemetry/fold.ts"
import type { HistogramSample, Sample } from "../../core/telemetry/samples.ts"
import { canonicalLabels, type Total } from "./tally.ts"

/** Stored totals as samples of the series that they belong to. Distributions without labels exist before their first observation. */
export function samplesOf(emits: readonly SeriesSpec[], totals: readonly Total[]): Sample[] {
	const byName = new Map<string, Total[]>()
	for (const total of totals) {
		const same = byName.get(total.series)
		if (same) same.push(total)
		else byName.set(total.series, [total])
	}
	return emits.flatMap((series): Sample[] =>
		series.type === "histogram"
			? histograms(series, byName.get(`${series.name}_bucket`) ?? [], byName.get(`${series.name}_sum`) ?? [])
			: (byName.get(series.name) ?? []).map(({ labels, value }) => ({ series, labels: JSON.parse(labels), value })),
	)
}

function histograms(series: SeriesSpec, buckets: readonly Total[], sums: readonly Total[]): Sample[] {
	const bounds = [...(series.buckets ?? []), Number.POSITIVE_INFINITY]
	const made = new Map<string, { series: SeriesSpec; labels: Labels; counts: number[]; sum: number }>()
	const at = (labels: Labels) => {
		const key = canonicalLabels(labels)
		const existing = made.get(key)
		if (existing) return existing
		const fresh = { series, labels, counts: bounds.map(() => 0), sum: 0 }
		made.set(key, fresh)
		return fresh
	}
	for (const labels of knownLabelSets(series) ?? []) at(labels)
	for (const bucket of buckets) {
		const { le, ...labels } = JSON.parse(bucket.labels) as Record<string, string>
		// Should the bounds have changed since, a bucket's observations move up to the next one.
		const upper = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)
		const i = bounds.findIndex((bound) => upper <= bound)
		const { counts } = at(labels)
		counts[i] = (counts[i] ?? 0) + bucket.value
	}
	for (const { labels, value } of sums) at(JSON.parse(labels)).sum = value
	return [...made.values()] satisfies HistogramSample[]
}
