import type { ValueRefusal } from "../catalogue/subjects/observatory.ts"
import type { Quantity, SeriesSpec } from "../catalogue/types.ts"

/*
 * The boundary for numbers of other programs. Every source passes it: telemetry by OTLP, transcripts, rows of
 * databases, answers of APIs. What it refuses is counted by `observatory_values_refused_total`.
 */

interface Bounds {
	/** Most that one record may add to a counter, or that one observation may be. */
	readonly record: number
	/** Most that a counter or a sum may hold: up to here, a double still grows by the smallest step of its unit. */
	readonly total: number
}

/** Whole numbers count one by one up to here. */
const WHOLE = Number.MAX_SAFE_INTEGER
/** Fractions count in steps of a millionth up to here. */
const FRACTION = 2 ** 33

/** What is plausible: far above what anything real does in one record, and small enough that sums stay exact. */
const BOUNDS: Readonly<Record<Quantity, Bounds>> = {
	/** A million million tokens, lines or calls. */
	count: { record: 1e12, total: WHOLE },
	/** An exabyte. */
	bytes: { record: 2 ** 50, total: WHOLE },
	/** Almost 32 years. */
	seconds: { record: 1e9, total: FRACTION },
	usd: { record: 1e7, total: FRACTION },
	ratio: { record: 1e6, total: FRACTION },
	score: { record: 1e6, total: FRACTION },
	per_second: { record: 1e12, total: WHOLE },
	/** The year 5138, in seconds. */
	timestamp: { record: 1e11, total: WHOLE },
	state: { record: 1, total: WHOLE },
}

/** Applications may keep any unit in a gauge, such as nanoseconds since the epoch; adding such gauges stays finite. */
const LARGEST_GAUGE = 2 ** 64

function refuse(value: number, least: number, most: number): ValueRefusal | undefined {
	if (typeof value !== "number" || Number.isNaN(value)) return "not_a_number"
	if (!Number.isFinite(value)) return "infinite"
	if (value < least) return least === 0 ? "negative" : "implausible"
	return value > most ? "implausible" : undefined
}

/** Why a counter may not grow by this much at once; undefined when it may. */
export const refuseIncrease = ({ quantity }: Pick<SeriesSpec, "quantity">, by: number): ValueRefusal | undefined =>
	refuse(by, 0, BOUNDS[quantity].record)

/** Why a histogram may not take this observation: a ratio is 0 to 1, anything else is not negative. */
export const refuseObservation = (
	{ quantity }: Pick<SeriesSpec, "quantity">,
	value: number,
): ValueRefusal | undefined => refuse(value, 0, quantity === "ratio" ? 1 : BOUNDS[quantity].record)

/** Why many observations may not be merged at once: buckets are counts, and their sum is in the series' own unit. */
export function refuseBuckets(
	{ quantity }: Pick<SeriesSpec, "quantity">,
	{ counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
): ValueRefusal | undefined {
	for (const n of counts) {
		const refusal = refuse(n, 0, BOUNDS.count.record)
		if (refusal) return refusal
	}
	const observed = counts.reduce((total, n) => total + n, 0)
	return refuse(sum, 0, Math.min(BOUNDS[quantity].record * Math.max(1, observed), BOUNDS[quantity].total))
}

/** Why a gauge may not have this value. */
export const refuseGauge = (value: number): ValueRefusal | undefined => refuse(value, -LARGEST_GAUGE, LARGEST_GAUGE)

/** Why this cannot be the total of a counter, as its source gives it. */
export const refuseTotal = (value: number): ValueRefusal | undefined => refuse(value, 0, WHOLE)

/** Up to where a counter of this quantity, or a histogram's sum, grows without losing increments. */
export const largestTotal = (quantity: Quantity): number => BOUNDS[quantity].total

/**
 * A total after it has grown. One that would become too large to count on begins again at what is added: Prometheus
 * takes that for a restart, and no increment is lost.
 */
export function grown(total: number, by: number, largest: number): number {
	const sum = total + by
	return sum <= largest ? sum : by
}
