import { and, asc, inArray } from "drizzle-orm"
import { remediations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { openIncident } from "../../store/incidents/open-incident.ts"
import { activeWindowFor } from "../../store/maintenance.ts"
import { openPage, type PageInput } from "../../store/pages/open.ts"

type Remediation = typeof remediations.$inferSelect

/**
 * Pages people about a remediation that needs them: to approve it, or to repair by hand after it has failed. There is
 * no page about an incident that is resolved, closed or suppressed, nor about a failure while the incident is
 * acknowledged. The incident stays locked: an acknowledgement or a verdict that arrives meanwhile waits, and finds the
 * page.
 */
export async function pageRemediation(tx: Transaction, settings: Settings, row: Remediation, now: Date): Promise<void> {
	const page = pageOf(row, settings)
	if (!page) return
	const incident = await openIncident(tx, row.incidentId)
	if (!incident || (page.kind === "remediation_failed" && incident.acknowledgedAt)) return
	if (await activeWindowFor(tx, incident.labels, now)) return
	const path = `/incidents/${row.incidentId}`
	const common = { incidentId: row.incidentId, severity: "critical", channels: settings.criticalChannels, path, now }
	await openPage(tx, settings, { ...common, ...page })
}

/** Pages again about remediations that still need people: after a suppression, or an expired acknowledgement. */
export async function repageRemediations(
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
	for (const row of rows) await pageRemediation(tx, settings, row, now)
}

function pageOf(
	{ id, incidentId, action, target, state, reason, plan }: Remediation,
	{ criticalChannels }: Settings,
): Pick<PageInput, "key" | "kind" | "summary" | "description" | "acknowledgeAs"> | undefined {
	if (state === "awaiting_approval")
		return {
			key: `approval ${id}`,
			kind: "approval",
			summary: `Approve ${action} on ${target}?`,
			description: `For incident ${incidentId}: ${plan.join("; ")}.`,
		}
	if (state === "failed")
		return {
			key: `remediation_failed ${id}`,
			kind: "remediation_failed",
			summary: `${action} on ${target} failed`,
			description: `Incident ${incidentId} needs a person: ${reason ?? "the reason is not known"}.`,
			acknowledgeAs: criticalChannels.join(", "),
		}
	return undefined
}
