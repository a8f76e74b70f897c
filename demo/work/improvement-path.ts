import { seededRandom } from "./random.ts"

/** The path of one improvement, derived from its row number: it is the same after a restart. */
export interface ImprovementPath {
	/** Duration of its review in milliseconds. */
	readonly reviewMs: number
	readonly approved: boolean
	readonly reviewer: string
	/** Milliseconds from validation to deployment, and from there to the measurement. */
	readonly deployMs: number
	readonly measureMs: number
	/** Measured change as a ratio; negative is worse. */
	readonly performanceChange: number
	readonly costSavingsUsd: number
	/** Its rollback, for a regression. */
	readonly rollback:
		| { readonly trigger: "automatic" | "manual"; readonly ms: number; readonly succeeds: boolean }
		| undefined
	readonly outcomes: readonly { readonly kind: string; readonly before: number | null; readonly after: number }[]
}

const REVIEWERS = ["demo: Ada", "demo: Grace", "demo: Edsger"] as const

const round = (value: number, digits: number) => Number(value.toFixed(digits))

export function improvementPath(seq: number): ImprovementPath {
	const random = seededRandom(seq * 7_919 + 17)
	const regressed = random.chance(0.08)
	const change = regressed ? random.between(-0.15, -0.03) : random.between(0.01, 0.18)
	const response = random.between(300, 900)
	return {
		reviewMs: random.between(40_000, 180_000),
		approved: random.chance(0.87),
		reviewer: random.pick(REVIEWERS),
		deployMs: random.between(20_000, 80_000),
		measureMs: random.between(40_000, 120_000),
		performanceChange: round(change, 4),
		costSavingsUsd: regressed ? 0 : round(random.between(0.05, 0.9), 4),
		rollback: regressed
			? {
					trigger: random.chance(0.7) ? "automatic" : "manual",
					ms: random.between(8_000, 45_000),
					succeeds: random.chance(0.95),
				}
			: undefined,
		// Test results, task times, error rates and retrieval efficiency are measured by the evaluation runs instead.
		outcomes: [
			{ kind: "lint_errors", before: random.int(10, 18), after: random.int(4, 12) },
			{
				kind: "response_time_seconds",
				before: round(response / 1_000, 4),
				after: round((response * (1 - change)) / 1_000, 4),
			},
			{ kind: "accuracy", before: round(random.between(0.8, 0.86), 4), after: round(random.between(0.83, 0.92), 4) },
			{ kind: "user_satisfaction", before: null, after: random.int(3, 5) },
		],
	}
}
