import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { refused, signIns } from "./panels/access.ts"
import { auditIntegrity, auditLength, entriesByAction, entriesPerHour, privileged } from "./panels/audit.ts"
import { AUDIT, COMPLIANCE, SECURITY } from "./uids.ts"

export const auditLog: Board = {
	uid: AUDIT,
	title: "Audit Logs",
	role: "security",
	description: "What was done to the observatory and through it, and is the record of it whole?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Security", uid: SECURITY },
		{ title: "Compliance", uid: COMPLIANCE },
	],
	items: [
		band(4, auditIntegrity, auditLength),
		band(4, privileged),
		band(9, entriesPerHour, entriesByAction),
		heading("Access"),
		band(8, signIns, refused),
	],
}
