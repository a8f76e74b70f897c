import type { ScoreMethod } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Point } from "./point.ts"

/** Why there is no score. A number in these cases would mean nothing. */
export type Unscored = "no_value" | "not_enough_history" | "constant_history"

export interface Scored {
	readonly kind: "scored"
	/** Signed; negative when the value is low. Never beyond `LARGEST`. */
	readonly score: number
	/** What the history would have it be. */
	readonly expected: number
	/** What the method takes for usual, from and to. */
	readonly usual: readonly [number, number]
	/** The value lies outside of that. */
	readonly unusual: boolean
}

export type Score = Scored | { readonly kind: "unscored"; readonly reason: Unscored }

/**
 * One way to tell how unusual a value is. The seam for better ones: a detector gets the points with their times, may
 * weigh them as it likes, and says by name when it cannot tell. It reads no clock and keeps no state.
 */
export interface Detector {
	readonly method: ScoreMethod
	/** The history is in order of time; what is not a finite number in it is no point. */
	score(history: readonly Point[], value: number | undefined): Score
}

/** Three days of hourly values: fewer do not show what is usual by day and by night. */
export const ENOUGH_POINTS = 72
/** Beyond this a score says nothing more. */
export const LARGEST = 1_000_000
/** Spread below this share of the largest value is the noise of floating point, not variation. */
const NOISE = 1e-9

export const unscored = (reason: Unscored): Score => ({ kind: "unscored", reason })

/** What a method makes of a usable history: where the middle is, what is usual, how far away the value is. */
interface Measured {
	readonly expected: number
	readonly usual: readonly [number, number]
	/** What the score is counted in; no variation when it is next to nothing. */
	readonly spread: number
	/** How far the value is away, in the values' own unit. */
	readonly distance: number
	/** From which score on, in either direction, a value is unusual. */
	readonly limit: number
}

/** Leaves to a method only what it can work with: a finite value, and enough finite points that are not all the same. */
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
