import {
	acknowledgementsExpired,
	escalationsLate,
	escalationsTold,
	noticesOpen,
	noticesUnsent,
	remediations,
	remediationsWithheld,
} from "../../../core/catalogue/subjects/observatory.ts"
import { increase, latest, occurred } from "../../kit/shown.ts"
import { none } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "No data from the alert webhook"

export const unsent = stat({
	key: "notices-unsent",
	title: "Pages Nobody Has Got",
	empty,
	shows: [latest(noticesUnsent, { legend: "Unsent" })],
	thresholds: none,
})

export const notices = stat({
	key: "notices-open",
	title: "Notices Standing",
	empty,
	shows: [
		latest(noticesOpen, { where: { kind: "emergency_stop" }, legend: "stop" }),
		latest(noticesOpen, { where: { kind: "escalation" }, legend: "escalated" }),
		latest(noticesOpen, { where: { kind: "approval" }, legend: "to approve" }),
		latest(noticesOpen, { where: { kind: "remediation_failed" }, legend: "failed" }),
	],
})

export const escalations = timeseries({
	key: "escalations",
	title: "Escalations per Hour",
	empty,
	shows: [
		increase(escalationsTold, { by: ["level"], legend: "level {{level}}" }),
		increase(acknowledgementsExpired, { legend: "acknowledgement ran out" }),
		increase(escalationsLate, { legend: "late" }),
	],
})

/** Only what happened: of the many ways that a remediation can end, most never occur. */
export const remediationsPerDay = timeseries({
	key: "remediations",
	title: "Remediations per Day",
	empty: "No remediation in the last day of any moment shown",
	shows: [occurred(increase(remediations, { by: ["action", "outcome"], window: "1d" }))],
})

export const withheldPerDay = timeseries({
	key: "remediations-withheld",
	title: "Why Remediations Were Withheld, per Day",
	empty: "No remediation was withheld",
	shows: [occurred(increase(remediationsWithheld, { by: ["reason"], window: "1d" }))],
})
