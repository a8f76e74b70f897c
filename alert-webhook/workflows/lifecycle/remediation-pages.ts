import { and, asc, inArray } from "drizzle-orm"
import { remediations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { openIncident } from "../../store/incidents/open-incident.ts"
import { windowOver } from "../../store/maintenance.ts"
import { type NoticeInput, openNotice } from "../../store/pages/open.ts"

type Remediation = typeof remediations.$inferSelect

/**
 * Tells people what a remediation needs of them: that they approve it, or that they see to it themselves because it has
 * failed. Nobody is told of an incident that is over, closed or held by maintenance, nor of a failure while somebody has
 * the incident. The incident stays locked: who takes or closes it meanwhile waits, and finds the notice.
 */
export async function tell(tx: Transaction, settings: Settings, row: Remediation, now: Date): Promise<void> {
	const notice = noticeOf(row, settings)
	if (!notice) return
	const incident = await openIncident(tx, row.incidentId)
	if (!incident || (notice.kind === "remediation_failed" && incident.acknowledgedAt)) return
	if (await windowOver(tx, incident.labels, now)) return
	const path = `/incidents/${row.incidentId}`
	const common = { incidentId: row.incidentId, severity: "critical", channels: settings.criticalChannels, path, now }
	await openNotice(tx, settings, { ...common, ...notice })
}

/** A time in which nobody was told is over: whatever remediations still need of people is told as if it began now. */
export async function tellAgain(
	tx: Transaction,
	settings: Settings,
	incidentIds: readonly number[],
	now: Date,
): Promise<void> {
	const { id, incidentId, state } = remediations
	const rows = await tx
		.select()
		.from(remediations)
		.where(and(inArray(incidentId, [...incidentIds]), inArray(state, ["awaiting_approval", "failed"])))
		.orderBy(asc(id))
	for (const row of rows) await tell(tx, settings, row, now)
}

function noticeOf(
	{ id, incidentId, action, target, state, reason, plan }: Remediation,
	{ criticalChannels }: Settings,
): Pick<NoticeInput, "key" | "kind" | "summary" | "description" | "takenBy"> | undefined {
	if (state === "awaiting_approval")
		return {
			key: `approval ${id}`,
			kind: "approval",
			summary: `May ${action} be done to ${target}?`,
			description: `For incident ${incidentId}: ${plan.join("; ")}.`,
		}
	if (state === "failed")
		return {
			key: `remediation_failed ${id}`,
			kind: "remediation_failed",
			summary: `${action} on ${target} has not worked`,
			description: `Incident ${incidentId} needs a person: ${reason ?? "the reason is not known"}.`,
			takenBy: criticalChannels.join(", "),
		}
	return undefined
}
