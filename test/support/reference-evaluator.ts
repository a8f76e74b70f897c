/**
 * What docs/alerts.md says that each construct of the language looks at, worked out from samples, without PromQL. Times are
 * seconds; what has no value is undefined, and holds in no comparison.
 */
export interface Sampled {
	readonly labels: Readonly<Record<string, string>>
	readonly samples: readonly (readonly [at: number, value: number])[]
}

type Value = number | undefined

const LOOKBACK = 300

/** The newest value, at most five minutes old. */
export function newest({ samples }: Sampled, now: number): Value {
	const seen = samples.filter(([at]) => at <= now && at >= now - LOOKBACK)
	return seen.at(-1)?.[1]
}

const within = ({ samples }: Sampled, now: number, window: number) =>
	samples.filter(([at]) => at <= now && at >= now - window)

/** Average, lowest or highest of the samples in the window, however few. */
export function over(how: "avg" | "min" | "max", series: Sampled, now: number, window: number): Value {
	const values = within(series, now, window).map(([, value]) => value)
	if (values.length === 0) return undefined
	if (how === "avg") return values.reduce((sum, value) => sum + value, 0) / values.length
	return how === "min" ? Math.min(...values) : Math.max(...values)
}

/**
 * Growth of a counter, resets understood. What the samples do not cover of the window is added at the same pace: up to
 * its edge if that is about as near as the samples are apart, else for half such a distance, and not to before 0.
 */
export function growth(series: Sampled, now: number, window: number): Value {
	const seen = within(series, now, window)
	const [first, last] = [seen[0], seen.at(-1)]
	if (!first || !last || seen.length < 2) return undefined
	const grown = seen.slice(1).reduce((sum, [, value], i) => {
		const before = seen[i]?.[1] ?? 0
		return sum + (value < before ? value : value - before)
	}, 0)
	const covered = last[0] - first[0]
	const apart = covered / (seen.length - 1)
	const untilZero = grown > 0 ? (covered * first[1]) / grown : Number.POSITIVE_INFINITY
	const edge = (gap: number) => (gap < apart * 1.1 ? gap : apart / 2)
	const before = edge(Math.min(first[0] - (now - window), untilZero))
	return (grown * (covered + before + edge(now - last[0]))) / covered
}

/** A share of the observations in the window is not above this: interpolated within its bucket. */
export function quantile(share: number, buckets: readonly Sampled[], now: number, window: number): Value {
	const grown = buckets
		.flatMap((bucket) => {
			const count = growth(bucket, now, window)
			const le = bucket.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(bucket.labels.le)
			return count === undefined ? [] : [{ le, count }]
		})
		.sort((a, b) => a.le - b.le)
	const all = grown.at(-1)?.count
	if (!all) return undefined
	const at = grown.findIndex(({ count }) => count >= share * all)
	const [bucket, lower] = [grown[at], grown[at - 1]]
	if (!bucket) return undefined
	if (bucket.le === Number.POSITIVE_INFINITY) return lower?.le
	const [from, below] = [lower?.le ?? 0, lower?.count ?? 0]
	return from + ((bucket.le - from) * (share * all - below)) / (bucket.count - below)
}

/** A straight line through the window's samples, read `ahead` from now; nothing before half of the window was seen. */
export function predicted(series: Sampled, now: number, ahead: number, window: number): Value {
	const seen = within(series, now, window)
	if (seen.length < 2 || newest(series, now - window / 2) === undefined) return undefined
	const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
	const [t, v] = [mean(seen.map(([at]) => at - now)), mean(seen.map(([, value]) => value))]
	const slope =
		seen.reduce((sum, [at, value]) => sum + (at - now - t) * (value - v), 0) /
		seen.reduce((sum, [at]) => sum + (at - now - t) ** 2, 0)
	return v + slope * (ahead - t)
}

/** Replicas see the same: the highest counts. */
export function highest(values: readonly Value[]): Value {
	const there = values.filter((value) => value !== undefined)
	return there.length === 0 ? undefined : Math.max(...there)
}
