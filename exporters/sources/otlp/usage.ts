import { claudeCost, claudeTokens } from "../../../core/catalogue/subjects/claude-code.ts"
import { type PointView, textOf } from "./interpret/model.ts"
import { type Observation, refusalOf } from "./interpret/observation.ts"
import type { OnUsage } from "./types.ts"

/** Longest name of a session: it becomes a key of a table. */
const LONGEST_SESSION = 200

/** Reports what a point adds to tokens and cost, under its session. Points without a session are not compared. */
export function reportUsage(point: PointView, observations: readonly Observation[], onUsage: OnUsage): void {
	const of = (series: Observation["series"]) =>
		observations.reduce(
			(sum, seen) => sum + (seen.series === series && seen.kind === "count" && !refusalOf([seen]) ? seen.by : 0),
			0,
		)
	const used = { tokens: of(claudeTokens), usd: of(claudeCost) }
	if (used.tokens === 0 && used.usd === 0) return
	const session = textOf(point.attributes, "session.id")
	if (session && session.length <= LONGEST_SESSION && !/[\p{Cc}\p{Surrogate}]/u.test(session)) onUsage(session, used)
}
