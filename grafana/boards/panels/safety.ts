import { safetyCompliance } from "../../../core/catalogue/subjects/safety.ts"
import { recorded } from "../../kit/shown.ts"
import { atLeast } from "../../kit/thresholds.ts"
import { gauge } from "../../kit/visuals.ts"
import { SAFETY } from "../uids.ts"

/** Good from 95, warning below, serious below 90, critical below 80. */
const COMPLIANCE = atLeast({ good: 95, warning: 90, critical: 80 })

/** The same dial on every board that has it; a board that is its own detail leaves the link out. */
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
