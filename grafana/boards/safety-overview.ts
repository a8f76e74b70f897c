import {
	reviewDuration,
	reviewMeanTime,
	reviewsDecided1d,
	reviewsPending,
	rollbackDuration,
	rollbackFailures,
	rollbackMeanTime,
	rollbackSuccess,
	rollbacks,
	rollbacks1d,
	safetyCompliance,
	violatingSessions,
	violations,
	violations1h,
	violationsTotal1h,
} from "../../core/catalogue/subjects/safety.ts"
import { sessionsStarted1d } from "../../core/catalogue/subjects/sessions.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { increase, latest, quantile, recorded } from "../kit/shown.ts"
import { atLeast, none } from "../kit/thresholds.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { safetyScore } from "./panels/safety.ts"
import { EXECUTIVE, OPERATIONS, SAFETY } from "./uids.ts"

const violationsNow = stat({
	key: "violations-1h",
	title: "Violations, Last Hour",
	empty: "No safety data yet",
	shows: [recorded(violationsTotal1h, "Violations")],
	thresholds: none,
})

const pendingNow = stat({
	key: "reviews-pending",
	title: "Reviews Waiting",
	empty: "No review data yet",
	shows: [latest(reviewsPending, { legend: "Waiting" })],
	history: true,
})

const rollbackSuccessNow = stat({
	key: "rollback-success",
	title: "Rollbacks That Worked",
	empty: "No rollback in the last 7 days",
	shows: [recorded(rollbackSuccess, "Restored")],
	thresholds: atLeast({ good: 0.99, warning: 0.9, critical: 0.75 }),
})

const complianceOverTime = timeseries({
	key: "compliance-history",
	title: "Safety Score Over Time",
	empty: "No safety data yet",
	whole: true,
	shows: [recorded(safetyCompliance, "Safety compliance")],
})

const violationsByKind = timeseries({
	key: "violations-by-kind",
	title: "Violations by Constraint",
	empty: "No safety data yet",
	shows: [recorded(violations1h)],
})

const violationsPerDay = timeseries({
	key: "violations-1d",
	title: "Violations per Day by Constraint",
	empty: "No safety data yet",
	stacked: true,
	shows: [increase(violations, { by: ["kind"], window: "1d" })],
})

const violatingShare = timeseries({
	key: "violating-sessions",
	title: "Sessions That Violated a Constraint",
	empty: "No sessions yet",
	shows: [increase(violatingSessions, { window: "1d", legend: "Violating" }), recorded(sessionsStarted1d, "Started")],
})

const reviewsDecided = timeseries({
	key: "reviews-decided",
	title: "Reviews Decided per Day",
	empty: "No review decided yet",
	shows: [recorded(reviewsDecided1d)],
})

const reviewTime = timeseries({
	key: "review-time",
	title: "Time to a Decision",
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

const rollbackTotal = stat({
	key: "rollbacks-7d",
	title: "Rollbacks, Last 7 Days",
	empty: "No rollback data yet",
	shows: [increase(rollbacks, { by: ["trigger"], window: "7d" })],
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
	description: "Do the autonomous sessions keep to their constraints, and are bad changes caught and undone?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Executive", uid: EXECUTIVE },
		{ title: "Operations", uid: OPERATIONS },
	],
	items: [
		band(5, safetyScore(false), violationsNow, pendingNow, rollbackSuccessNow),
		heading("Constraints"),
		band(8, complianceOverTime, violationsByKind),
		band(8, violationsPerDay, violatingShare),
		heading("Reviews"),
		band(8, reviewsDecided, reviewTime),
		heading("Rollbacks"),
		band(8, rollbackTotal, rollbackCount, recovery),
	],
}
