import { violatingSessions, violations } from "../../core/catalogue/subjects/safety.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { increase } from "../kit/query.ts"
import { none } from "../kit/thresholds.ts"
import { stat } from "../kit/visuals.ts"
import { auditIntegrity, auditLength } from "./panels/audit.ts"
import { gateAge } from "./panels/control.ts"
import { pendingNow, reviewsDecided, rollbackSuccessNow, rollbackTotal } from "./panels/reviews.ts"
import { safetyScore, violationsPerDay } from "./panels/safety.ts"
import { acknowledge, coverage, detect, precision, resolve } from "./panels/targets.ts"
import { AUDIT, COMPLIANCE, RESPONSE, SAFETY, SECURITY } from "./uids.ts"

const violationsOfMonth = stat({
	key: "violations-30d",
	title: "Violations, Last 30 Days",
	empty: "No safety data yet",
	shows: [
		increase(violations, { window: "30d", legend: "violations" }),
		increase(violatingSessions, { window: "30d", legend: "sessions" }),
	],
	thresholds: none,
})

export const compliance: Board = {
	uid: COMPLIANCE,
	title: "Compliance Reports",
	role: "security",
	description: "Are the promises about safety, response and records kept, and can that be shown?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Safety", uid: SAFETY },
		{ title: "Incident response", uid: RESPONSE },
		{ title: "Audit log", uid: AUDIT },
		{ title: "Security", uid: SECURITY },
	],
	items: [
		heading("Constraints are kept"),
		band(5, safetyScore(true), violationsOfMonth, gateAge),
		band(8, violationsPerDay),
		heading("Changes are reviewed and reversible"),
		band(4, pendingNow, rollbackSuccessNow, rollbackTotal),
		band(8, reviewsDecided),
		heading(
			"Incidents are handled in time: detection in 5 minutes, resolution in 30, 95 % true, every component covered",
		),
		band(4, detect, acknowledge, resolve),
		band(4, precision, coverage),
		heading("The record is whole"),
		band(4, auditIntegrity, auditLength),
	],
}
