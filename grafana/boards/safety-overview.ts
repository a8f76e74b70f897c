import {
	reviewDuration,
	reviewMeanTime,
	rollbackDuration,
	rollbackFailures,
	rollbackMeanTime,
	rollbacks1d,
	safetyCompliance,
	violatingSessions,
} from "../../core/catalogue/subjects/safety.ts"
import { sessionsStarted1d } from "../../core/catalogue/subjects/sessions.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { increase, quantile, recorded } from "../kit/query.ts"
import { timeseries } from "../kit/visuals.ts"
import {
	brakeStates,
	controlNow,
	gateAge,
	notFollowing,
	signalsSent,
	stoppable,
	wouldNotStop,
} from "./panels/control.ts"
import { pendingNow, reviewsDecided, rollbackSuccessNow, rollbackTotal } from "./panels/reviews.ts"
import { safetyScore, violationsByKind, violationsNow, violationsPerDay } from "./panels/safety.ts"
import { EXECUTIVE, OPERATIONS, SAFETY, SECURITY } from "./uids.ts"

const complianceOverTime = timeseries({
	key: "compliance-history",
	title: "Safety Score Over Time",
	empty: "No safety data yet",
	whole: true,
	shows: [recorded(safetyCompliance, "Safety compliance")],
})

const violatingShare = timeseries({
	key: "violating-sessions",
	title: "Sessions With Violations",
	empty: "No sessions yet",
	shows: [increase(violatingSessions, { window: "1d", legend: "Violating" }), recorded(sessionsStarted1d, "Started")],
})

const reviewTime = timeseries({
	key: "review-time",
	title: "Review Time",
	empty: "No review decided in the last day",
	shows: [recorded(reviewMeanTime, "mean"), quantile(reviewDuration, 0.95, { window: "1d" })],
})

const rollbackCount = timeseries({
	key: "rollbacks",
	title: "Rollbacks per Day",
	empty: "No rollback data yet",
	shows: [
		recorded(rollbacks1d, "{{trigger}}"),
		increase(rollbackFailures, { by: ["trigger"], window: "1d", legend: "{{trigger}}, failed" }),
	],
})

const recovery = timeseries({
	key: "recovery-time",
	title: "Time to Recovery",
	empty: "No rollback in the last 7 days",
	shows: [recorded(rollbackMeanTime, "mean"), quantile(rollbackDuration, 0.95, { window: "7d" })],
})

export const safety: Board = {
	uid: SAFETY,
	title: "Safety Overview",
	role: "executive",
	description: "Do autonomous sessions keep to their constraints, and are bad changes caught and rolled back?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Executive", uid: EXECUTIVE },
		{ title: "Operations", uid: OPERATIONS },
		{ title: "Security", uid: SECURITY },
	],
	items: [
		band(5, safetyScore(false), violationsNow, pendingNow, rollbackSuccessNow),
		heading("Constraints"),
		band(8, complianceOverTime, violationsByKind),
		band(8, violationsPerDay, violatingShare),
		heading("The stop"),
		band(4, controlNow, gateAge, stoppable, brakeStates),
		band(5, notFollowing, wouldNotStop, signalsSent),
		heading("Reviews"),
		band(8, reviewsDecided, reviewTime),
		heading("Rollbacks"),
		band(8, rollbackTotal, rollbackCount, recovery),
	],
}
