import { promql } from "../../../core/catalogue/promql.ts"
import { auditActions, auditEntries, auditFaults } from "../../../core/catalogue/subjects/observatory.ts"
import { formula, latest, occurred, vector } from "../../kit/query.ts"
import { vectorTable } from "../../kit/tables.ts"
import { none } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"
import { counted } from "./response.ts"

const empty = "No data from the alert webhook"

export const auditLength = stat({
	key: "audit-entries",
	title: "Entries",
	empty,
	shows: [latest(auditEntries, { legend: "Entries" })],
	history: true,
})

export const auditIntegrity = stat({
	key: "audit-faults",
	title: "Signs of Tampering",
	note: "Anything but 0: run npm run audit -- verify, and compare with the ends of the chain in the webhook's log.",
	empty,
	shows: [
		latest(auditFaults, { where: { kind: "chain" }, legend: "chain" }),
		latest(auditFaults, { where: { kind: "triggers" }, legend: "triggers" }),
	],
	thresholds: none,
})

/** The latest day's entries of one kind; each replica of the webhook exports the whole log's counts. */
const lastDay = (action: string, legend: string) =>
	formula(
		promql`sum(max by (action) (increase(${vector(auditActions, { action })}[1d]))) or 0 * max(${auditEntries})`,
		{
			measure: "count",
			legend,
			meaning: `Entries ${action} of the audit log. Increase over 1d.`,
		},
	)

/** What only an administrator may do, and what opens a way in. */
export const privileged = stat({
	key: "audit-privileged",
	title: "Privileged Actions, Last 24 Hours",
	empty,
	shows: [
		lastDay("token.create", "tokens created"),
		lastDay("token.revoke", "tokens revoked"),
		lastDay("control.stop", "stops"),
		lastDay("control.release", "releases"),
		lastDay("remediation.policy", "modes set"),
	],
})

export const entriesPerHour = timeseries({
	key: "audit-actions",
	title: "Entries per Hour by Action",
	empty: "Nothing was recorded in the last hour of any moment shown",
	stacked: true,
	shows: [occurred(counted(auditActions, ["action"], "{{action}}"))],
})

export const entriesByAction = vectorTable({
	key: "audit-actions-total",
	title: "All Entries by Action",
	note: "Who did it, to what, and with which reason: the console's page Audit, for administrators.",
	empty: "The audit log is empty",
	shows: formula(promql`sort_desc(max by (action) (${auditActions}))`, {
		measure: "count",
		legend: "{{action}}",
		meaning: auditActions.help,
	}),
	labels: { action: "Action" },
	value: "Entries",
	columns: {},
})
