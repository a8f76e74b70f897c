import type { Settings, Transaction } from "./context.ts"
import { beginEscalations } from "./escalation/begin.ts"
import { endEscalations } from "./escalation/change.ts"
import type { OpenedIncident } from "./incidents/create.ts"
import { enqueueAll } from "./jobs/enqueue.ts"
import { noteHeld } from "./maintenance/step.ts"
import { endNotices } from "./notices/end.ts"
import { actionNamed } from "./remediation/actions/index.ts"
import { expireApprovals } from "./remediation/expire.ts"

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
	await noteHeld(tx, incidents, now)
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
