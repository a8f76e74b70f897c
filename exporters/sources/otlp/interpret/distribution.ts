import type { UnusableReason } from "../../../../core/catalogue/subjects/telemetry.ts"
import type { ExponentialBuckets, PointView } from "./model.ts"

/** Observations by bucket: one count more than bounds, which are upper ones. */
export interface Distribution {
	readonly counts: readonly number[]
	readonly bounds: readonly number[]
}

/** Scales that OpenTelemetry's data model has a use for. */
const SCALES = { least: -10, most: 20 }

/** How a histogram's observations are spread; those of one without buckets are all above every bound. */
export function distributionOf(point: PointView): Distribution | UnusableReason {
	const { kind, counts, bounds, count, exponential } = point
	if (kind === "exponentialHistogram") return exponential ? explicit(exponential) : "malformed"
	if (kind !== "histogram") return "wrong_type"
	if (counts.length === 0) return bounds.length === 0 ? { counts: [count], bounds } : "malformed"
	const rises = bounds.every((bound, i) => bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))
	return counts.length === bounds.length + 1 && rises ? { counts, bounds } : "malformed"
}

/** OpenTelemetry's data model, "ExponentialHistogram": bucket `i` ends at base^(offset + i + 1), base = 2^(2^-scale). */
function explicit(buckets: ExponentialBuckets): Distribution | UnusableReason {
	const { scale, zeroCount, offset, counts, negative } = buckets
	if (scale < SCALES.least || scale > SCALES.most) return "malformed"
	if (negative > 0) return "negative"
	const bounds = counts.map((_, i) => 2 ** ((offset + i + 1) * 2 ** -scale))
	return { counts: [zeroCount, ...counts, 0], bounds: [0, ...bounds] }
}
