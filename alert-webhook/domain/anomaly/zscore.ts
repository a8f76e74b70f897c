import { type Detector, scoreWith } from "./detector.ts"

/** A value more than this many standard deviations away is unusual. */
const LIMIT = 3

/**
 * Standard deviations from the mean, for the history as a population. One gross outlier in the history widens the
 * deviation and hides the next; `iqr` is not affected.
 */
export const zscore: Detector = {
	method: "zscore",
	score: (history, value) =>
		scoreWith(history, value, (values, now) => {
			const mean = values.reduce((sum, one) => sum + one, 0) / values.length
			const deviation = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length)
			return {
				expected: mean,
				usual: [mean - LIMIT * deviation, mean + LIMIT * deviation],
				spread: deviation,
				distance: now - mean,
				limit: LIMIT,
			}
		}),
}
