import type { LabelSpecs, SeriesSpec } from "../../../../core/catalogue/types.ts"
import { rebucket } from "../../../../core/metrics/buckets.ts"
import { refuseBuckets } from "../../../../core/metrics/values.ts"
import { distributionOf } from "./distribution.ts"
import type { PointView } from "./model.ts"
import type { Arrival, Interpretation, Observation } from "./observation.ts"
import type { Amount, Streams } from "./streams.ts"

const NOTHING: readonly Observation[] = []

/** What `observed` makes of the observations that a histogram's point adds, in the buckets of `series`. */
export function histogramAdds(
	series: SeriesSpec<LabelSpecs, "histogram">,
	point: PointView,
	streams: Streams,
	arrival: Arrival,
	observed: (added: Amount) => Interpretation,
): Interpretation {
	const distribution = distributionOf(point)
	if (typeof distribution === "string") return distribution
	const buckets = rebucket(distribution.counts, distribution.bounds, series.buckets ?? [])
	// Before the stream is remembered, which a wrong value would make deaf.
	const refusal = refuseBuckets(series, { counts: buckets, sum: point.sum })
	if (refusal) return refusal
	const amount = { count: buckets.reduce((total, n) => total + n, 0), sum: point.sum, buckets }
	const added = streams.increase(point, amount, arrival)
	if (added === undefined || typeof added === "string") return added ?? NOTHING
	return added.count === 0 ? NOTHING : observed(added)
}
