import {
	safetyCompliance,
	violations,
	violations1h,
	violationsTotal1h,
} from "../../../core/catalogue/subjects/safety.ts"
import { increase, recorded } from "../../kit/query.ts"
import { atLeast, none } from "../../kit/thresholds.ts"
import { gauge, stat, timeseries } from "../../kit/visuals.ts"
import { SAFETY } from "../uids.ts"

/** Good from 95, warning below, serious below 90, critical below 80. */
const COMPLIANCE = atLeast({ good: 95, warning: 90, critical: 80 })

/** The same dial on every board; the detail board itself has no link. */
export const safetyScore = (links: boolean) =>
	gauge({
		key: "safety-score",
		title: "Safety Score",
		note: "Good from 95, a warning below 95, serious below 90, critical below 80.",
		empty: "No safety data yet",
		shows: recorded(safetyCompliance, "Safety compliance"),
		min: 0,
		max: 100,
		thresholds: COMPLIANCE,
		...(links ? { detail: SAFETY } : {}),
	})

export const violationsNow = stat({
	key: "violations-1h",
	title: "Violations, Last Hour",
	empty: "No safety data yet",
	shows: [recorded(violationsTotal1h, "Violations")],
	thresholds: none,
})

export const violationsByKind = timeseries({
	key: "violations-by-kind",
	title: "Violations by Constraint",
	empty: "No safety data yet",
	shows: [recorded(violations1h)],
})

export const violationsPerDay = timeseries({
	key: "violations-1d",
	title: "Violations per Day by Constraint",
	empty: "No safety data yet",
	stacked: true,
	shows: [increase(violations, { by: ["kind"], window: "1d" })],
})
