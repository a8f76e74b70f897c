import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Detector, ENOUGH_POINTS, LARGEST, type Scored } from "./detector.ts"
import { iqr } from "./iqr.ts"
import type { Point } from "./point.ts"
import { zscore } from "./zscore.ts"

const HOUR = 3_600_000
const points = (values: readonly number[]): Point[] => values.map((value, i) => ({ at: i * HOUR, value }))
const repeated = (times: number, ...values: number[]) => Array.from({ length: times }, () => values).flat()

const scored = (detector: Detector, values: readonly number[], value: number): Scored => {
	const score = detector.score(points(values), value)
	if (score.kind === "unscored") throw new Error(`unscored: ${score.reason}`)
	return score
}

describe("the z-score", () => {
	it("counts standard deviations from the mean, low values negative, and finds more than 3 unusual", () => {
		const history = repeated(50, 2, 4, 4, 4, 5, 5, 7, 9)
		expect(scored(zscore, history, 11)).toEqual({
			kind: "scored",
			score: expect.closeTo(3, 9),
			expected: expect.closeTo(5, 9),
			usual: [expect.closeTo(-1, 9), expect.closeTo(11, 9)],
			unusual: false,
		})
		expect(scored(zscore, history, 11.1).unusual).toBe(true)
		expect(scored(zscore, history, -2)).toMatchObject({ score: expect.closeTo(-3.5, 9), unusual: true })
	})
})

describe("the interquartile range", () => {
	it("counts ranges beyond the nearer quartile, 0 between them, and finds more than 1.5 unusual", () => {
		const history = Array.from({ length: 101 }, (_, i) => i)
		expect(scored(iqr, history, 60)).toEqual({
			kind: "scored",
			score: 0,
			expected: expect.closeTo(50, 9),
			usual: [expect.closeTo(-50, 9), expect.closeTo(150, 9)],
			unusual: false,
		})
		expect(scored(iqr, history, 149)).toMatchObject({ score: expect.closeTo(1.48, 9), unusual: false })
		expect(scored(iqr, history, -75)).toMatchObject({ score: expect.closeTo(-2, 9), unusual: true })
	})

	it("is not affected by an outlier in the history, as the z-score is", () => {
		const history = [...Array.from({ length: 300 }, (_, i) => 10 + (i % 5)), 100_000]
		expect(scored(zscore, history, 500).unusual).toBe(false)
		expect(scored(iqr, history, 500).unusual).toBe(true)
	})
})

describe.each([zscore, iqr])("$method", (detector) => {
	const reasonOf = (values: readonly number[], value: number | undefined) => {
		const score = detector.score(points(values), value)
		return score.kind === "unscored" ? score.reason : score.score
	}
	const varied = Array.from({ length: ENOUGH_POINTS }, (_, i) => i % 7)

	it("gives a reason instead of a number", () => {
		expect(reasonOf(varied.slice(1), 3)).toBe("not_enough_history")
		expect(reasonOf([], 3)).toBe("not_enough_history")
		expect(reasonOf([...varied.slice(1), Number.NaN, Number.POSITIVE_INFINITY], 3)).toBe("not_enough_history")
		expect(reasonOf(repeated(500, 4), 4)).toBe("constant_history")
		expect(reasonOf(repeated(500, 0), 9)).toBe("constant_history")
		expect(reasonOf(repeated(500, 0.1, 0.1 + Number.EPSILON), 9)).toBe("constant_history")
		expect(reasonOf(varied, undefined)).toBe("no_value")
		expect(reasonOf(varied, Number.NaN)).toBe("no_value")
		expect(reasonOf(varied, Number.POSITIVE_INFINITY)).toBe("no_value")
		expect(reasonOf(varied, 3)).toEqual(expect.any(Number))
	})

	const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: ENOUGH_POINTS, maxLength: 300 })
	const now = fc.integer({ min: -5_000, max: 5_000 })
	/** The score, or undefined where the history does not vary; the rounding of a shift must not matter. */
	const scoreOf = (history: readonly number[], value: number) => {
		const score = detector.score(points(history), value)
		return score.kind === "scored" ? score.score : undefined
	}
	const alike = (a: number | undefined, b: number | undefined) => {
		if (a === undefined || b === undefined) expect(a).toBe(b)
		else expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(a)))
	}

	it("does not depend on the unit, where zero is, or the order of the history", () => {
		fc.assert(
			fc.property(values, now, fc.integer({ min: 1, max: 1_000 }), now, (history, value, factor, shift) => {
				const score = scoreOf(history, value)
				alike(
					scoreOf(
						history.map((one) => one * factor + shift),
						value * factor + shift,
					),
					score,
				)
				alike(scoreOf([...history].reverse(), value), score)
			}),
		)
	})

	it("gives the opposite score for mirrored values", () => {
		fc.assert(
			fc.property(values, now, (history, value) => {
				const mirrored = scoreOf(
					history.map((one) => -one),
					-value,
				)
				alike(mirrored === undefined ? undefined : -mirrored, scoreOf(history, value))
			}),
		)
	})

	it("never falls as the value rises, and is unusual exactly outside of the usual range", () => {
		fc.assert(
			fc.property(values, now, now, (history, a, b) => {
				const [low, high] = [Math.min(a, b), Math.max(a, b)]
				const [first, second] = [scoreOf(history, low), scoreOf(history, high)]
				if (first === undefined || second === undefined) return
				expect(first).toBeLessThanOrEqual(second)
				const { usual, unusual } = scored(detector, history, high)
				const margin = 1e-6 * Math.max(1, Math.abs(high))
				if (high > usual[1] + margin || high < usual[0] - margin) expect(unusual).toBe(true)
				if (high < usual[1] - margin && high > usual[0] + margin) expect(unusual).toBe(false)
			}),
		)
	})

	it("gives finite numbers or a reason for any doubles", () => {
		fc.assert(
			fc.property(fc.array(fc.double(), { minLength: 60, maxLength: 200 }), fc.double(), (history, value) => {
				const score = detector.score(points(history), value)
				if (score.kind === "unscored") return
				for (const number of [score.score, score.expected, ...score.usual]) expect(number).toSatisfy(Number.isFinite)
				expect(Math.abs(score.score)).toBeLessThanOrEqual(LARGEST)
				expect(history.filter(Number.isFinite).length).toBeGreaterThanOrEqual(ENOUGH_POINTS)
			}),
			{ numRuns: 300 },
		)
	})
})
