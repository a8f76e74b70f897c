import { type Detector, scoreWith } from "./detector.ts"

/** Tukey's fences: this many interquartile ranges beyond the quartiles. */
const LIMIT = 1.5

/**
 * Interquartile ranges beyond the nearer quartile; 0 for everything between the quartiles. A history of which half is
 * one value has no range, and no score.
 */
export const iqr: Detector = {
	method: "iqr",
	score: (history, value) =>
		scoreWith(history, value, (values, now) => {
			const sorted = [...values].sort((a, b) => a - b)
			const [low, middle, high] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)]
			const range = high - low
			return {
				expected: middle,
				usual: [low - LIMIT * range, high + LIMIT * range],
				spread: range,
				distance: now > high ? now - high : now < low ? now - low : 0,
				limit: LIMIT,
			}
		}),
}

/** Linear between the two nearest values, as in Prometheus' `quantile_over_time`. */
function quantile(sorted: readonly number[], q: number): number {
	const rank = q * (sorted.length - 1)
	const below = sorted[Math.floor(rank)] ?? Number.NaN
	const above = sorted[Math.ceil(rank)] ?? Number.NaN
	return below + (above - below) * (rank - Math.floor(rank))
}
