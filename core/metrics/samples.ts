import type { LabelSpecs, LabelsOf, SeriesSpec } from "../catalogue/types.ts"
import type { Buckets } from "./buckets.ts"
import type { Labels } from "./labels.ts"

/** One value of a catalogued gauge or counter, as a collector read it. Counters are absolute, not increments. */
export interface ValueSample {
	readonly series: SeriesSpec
	readonly labels: Labels
	readonly value: number
}

/** One state of a catalogued histogram, as a collector read it: absolute, not increments. */
export interface HistogramSample extends Buckets {
	readonly series: SeriesSpec
	readonly labels: Labels
}

export type Sample = ValueSample | HistogramSample

/** A sample whose labels are checked against the declaration by the compiler. */
export const sample = <L extends LabelSpecs>(
	series: SeriesSpec<L, "gauge"> | SeriesSpec<L, "counter">,
	labels: LabelsOf<L>,
	value: number,
): ValueSample => ({ series, labels, value })

/** A histogram sample whose labels are checked against the declaration by the compiler. */
export const histogramSample = <L extends LabelSpecs>(
	series: SeriesSpec<L, "histogram">,
	labels: LabelsOf<L>,
	counts: readonly number[],
	sum: number,
): HistogramSample => ({ series, labels, counts, sum })

/** A state set: 1 for the current state and 0 for every other one. */
export function stateSet<L extends LabelSpecs, K extends keyof L & string>(
	series: SeriesSpec<L, "gauge">,
	labels: Omit<LabelsOf<L>, K>,
	label: K,
	current: LabelsOf<L>[K],
): ValueSample[] {
	const spec = series.labels[label]
	const states = spec?.kind === "enum" ? spec.values : []
	return states.map((state) => ({ series, labels: { ...labels, [label]: state }, value: state === current ? 1 : 0 }))
}
