import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { refused, signIns, unauthorized } from "./panels/access.ts"
import { controlNow, gateAge } from "./panels/control.ts"
import { remediationsPerHour, withheldPerHour } from "./panels/response.ts"
import { violationsByKind, violationsNow, violationsPerDay } from "./panels/safety.ts"
import { ALERTS, AUDIT, COMPLIANCE, OPERATIONS, SAFETY, SECURITY } from "./uids.ts"

export const security: Board = {
	uid: SECURITY,
	title: "Security Overview",
	role: "security",
	description: "Do sessions keep to their constraints, does the gate deny what it must, and who is refused?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Safety", uid: SAFETY },
		{ title: "Alerts", uid: ALERTS },
		{ title: "Operations", uid: OPERATIONS },
		{ title: "Audit log", uid: AUDIT },
		{ title: "Compliance", uid: COMPLIANCE },
	],
	items: [
		band(4, controlNow, gateAge, violationsNow, unauthorized),
		heading("Constraints"),
		band(8, violationsByKind, violationsPerDay),
		heading("Access"),
		band(8, signIns, refused),
		heading("Automatic Responses"),
		band(8, remediationsPerHour, withheldPerHour),
	],
}
