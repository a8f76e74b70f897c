import type { ScoreMethod } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Point } from "./point.ts"

/** The reason why there is no score. */
export type Unscored = "no_value" | "not_enough_history" | "constant_history"

export interface Scored {
	readonly kind: "scored"
	/** Signed; negative when the value is low. Never beyond `LARGEST`. */
	readonly score: number
	/** The value that the history predicts. */
	readonly expected: number
	/** The bounds of the usual range. */
	readonly usual: readonly [number, number]
	/** The value is outside these bounds. */
	readonly unusual: boolean
}

export type Score = Scored | { readonly kind: "unscored"; readonly reason: Unscored }

/**
 * One method to score how unusual a value is. A detector gets the points with their times, may weight them, and returns
 * the reason when it cannot give a score. It reads no clock and keeps no state.
 */
export interface Detector {
	readonly method: ScoreMethod
	/** The history is in order of time; values that are not finite are ignored. */
	score(history: readonly Point[], value: number | undefined): Score
}

/** Three days of hourly values: fewer do not show the daily pattern. */
export const ENOUGH_POINTS = 72
/** A score beyond this carries no more information. */
export const LARGEST = 1_000_000
/** Spread below this share of the largest value is the noise of floating point, not variation. */
const NOISE = 1e-9

export const unscored = (reason: Unscored): Score => ({ kind: "unscored", reason })

/** A method's result for a usable history: the middle, the usual range, the distance of the value. */
interface Measured {
	readonly expected: number
	readonly usual: readonly [number, number]
	/** The unit of the score; near zero means no variation. */
	readonly spread: number
	/** The distance of the value, in the values' own unit. */
	readonly distance: number
	/** The score from which, in either direction, a value is unusual. */
	readonly limit: number
}

/** Passes a method only usable input: a finite value, and enough finite points that are not all equal. */
export function scoreWith(
	history: readonly Point[],
	value: number | undefined,
	measure: (values: readonly number[], value: number) => Measured,
): Score {
	if (value === undefined || !Number.isFinite(value)) return unscored("no_value")
	const values = history.map((point) => point.value).filter(Number.isFinite)
	if (values.length < ENOUGH_POINTS) return unscored("not_enough_history")
	const size = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
	if (size === 0) return unscored("constant_history")
	// In units of the largest value, so that no sum or square of extreme ones overflows.
	const measured = measure(
		values.map((one) => one / size),
		clamp(value / size),
	)
	if (!(measured.spread > NOISE)) return unscored("constant_history")
	const score = clamp(measured.distance / measured.spread)
	const [from, to] = measured.usual
	return {
		kind: "scored",
		score,
		expected: measured.expected * size,
		usual: [finite(from * size), finite(to * size)],
		unusual: Math.abs(score) > measured.limit,
	}
}

// Adding 0 makes a plain 0 of -0.
const clamp = (score: number): number => Math.min(LARGEST, Math.max(-LARGEST, score)) + 0
const finite = (value: number): number => Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value))
