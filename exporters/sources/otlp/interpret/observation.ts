import type { UnusableReason } from "../../../../core/catalogue/subjects/telemetry.ts"
import type { LabelSpecs, SeriesSpec } from "../../../../core/catalogue/types.ts"
import { refuseBuckets, refuseGauge, refuseIncrease, refuseObservation } from "../../../../core/metrics/values.ts"

type Labels = Readonly<Record<string, string>>

/** What a piece of telemetry adds to one catalogued series. */
export type Observation =
	/** Adds to a counter. */
	| {
			readonly kind: "count"
			readonly series: SeriesSpec<LabelSpecs, "counter">
			readonly labels: Labels
			readonly by: number
	  }
	/** One observation of a histogram, in its unit. */
	| {
			readonly kind: "observe"
			readonly series: SeriesSpec<LabelSpecs, "histogram">
			readonly labels: Labels
			readonly value: number
	  }
	/** Many observations of a histogram at once: per bucket, not cumulative, and last those above the highest bound. */
	| {
			readonly kind: "merge"
			readonly series: SeriesSpec<LabelSpecs, "histogram">
			readonly labels: Labels
			readonly counts: readonly number[]
			readonly sum: number
	  }
	/** Replaces a gauge. */
	| {
			readonly kind: "set"
			readonly series: SeriesSpec<LabelSpecs, "gauge">
			readonly labels: Labels
			readonly value: number
	  }

/** Of a record of which no series knows anything. Compared by identity: other records add nothing for reasons of their own. */
export const NOT_UNDERSTOOD: readonly Observation[] = []

/** What a record adds to which series, or why it cannot be used although series are made of it. */
export type Interpretation = readonly Observation[] | UnusableReason

/** Where and when a record arrived. */
export interface Arrival {
	/** The request that brought it. */
	readonly request: number
	/** Our clock, in seconds since the epoch. */
	readonly now: number
}

/** Why not all of these can be added to their series; undefined when they can. */
export function refusalOf(observations: readonly Observation[]): UnusableReason | undefined {
	for (const observation of observations) {
		const refusal = refusalOfOne(observation)
		if (refusal) return refusal
	}
	return undefined
}

function refusalOfOne(observation: Observation): UnusableReason | undefined {
	if (observation.kind === "count") return refuseIncrease(observation.series, observation.by)
	if (observation.kind === "observe") return refuseObservation(observation.series, observation.value)
	if (observation.kind === "merge") return refuseBuckets(observation.series, observation)
	return refuseGauge(observation.value)
}

type Checked<L extends LabelSpecs> = { readonly [K in keyof L]: string }

// A value that an enum label does not know is folded into `other` by the instrument, hence plain texts here.
export const count = <L extends LabelSpecs>(
	series: SeriesSpec<L, "counter">,
	labels: Checked<L>,
	by = 1,
): Observation => ({
	kind: "count",
	series,
	labels,
	by,
})

export const observe = <L extends LabelSpecs>(
	series: SeriesSpec<L, "histogram">,
	labels: Checked<L>,
	value: number,
): Observation => ({ kind: "observe", series, labels, value })

export const merge = <L extends LabelSpecs>(
	series: SeriesSpec<L, "histogram">,
	labels: Checked<L>,
	counts: readonly number[],
	sum: number,
): Observation => ({ kind: "merge", series, labels, counts, sum })

export const set = <L extends LabelSpecs>(
	series: SeriesSpec<L, "gauge">,
	labels: Checked<L>,
	value: number,
): Observation => ({
	kind: "set",
	series,
	labels,
	value,
})
