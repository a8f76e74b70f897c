import type { Settings, Transaction } from "../../context.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { beginEscalations } from "../../store/escalations/begin.ts"
import { endEscalations } from "../../store/escalations/change.ts"
import type { OpenedIncident } from "../../store/incidents/create.ts"
import { enqueueAll } from "../../store/jobs/enqueue.ts"
import { endNotices } from "../../store/pages/end.ts"
import { expireApprovals } from "./expire-approvals.ts"
import { suppressOpened } from "./suppressed.ts"

/** What follows when incidents are opened, in the transaction that opens them. */
export async function afterOpened(
	tx: Transaction,
	settings: Settings,
	incidents: readonly OpenedIncident[],
	now: Date,
): Promise<void> {
	const remediable = incidents.filter(({ labels }) => actionNamed(labels.remediation) !== undefined)
	await enqueueAll(
		tx,
		"remediation.propose",
		remediable.map(({ id }) => ({ payload: { incidentId: id }, key: String(id) })),
	)
	await beginEscalations(tx, settings, incidents, now)
	await suppressOpened(tx, incidents, now)
}

/** What follows when incidents are over: nobody needs to decide anything for them, and nobody is told about them. */
export async function afterResolved(
	tx: Transaction,
	settings: Settings,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	if (ids.length === 0) return
	// Remediations, escalations, notices: whoever locks several of them does it in this order.
	await expireApprovals(tx, settings, ids, now)
	await endEscalations(tx, { incidentIds: ids, now })
	const outcome = "The alert is over."
	await endNotices(tx, { incidentIds: ids, kinds: ["approval", "escalation", "remediation_failed"], outcome, now })
}
