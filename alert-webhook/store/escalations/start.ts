import { escalations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { policyNameFor, policyOf } from "../../domain/escalation/policies.ts"
import type { OpenedIncident } from "../incidents/create.ts"
import { enqueueAll } from "../jobs/enqueue.ts"

/** Starts the escalation of incidents, in the transaction that opens them. */
export async function startEscalations(
	tx: Transaction,
	{ policies }: Settings,
	incidents: readonly OpenedIncident[],
	now: Date,
): Promise<void> {
	const rows = incidents.flatMap((incident) => {
		const policy = policyNameFor(policies, incident)
		if (policy === undefined || !policyOf(policies, incident, policy)) return []
		return [{ incidentId: incident.id, policy, anchor: now, nextAt: now }]
	})
	for (let from = 0; from < rows.length; from += 1_000)
		await tx
			.insert(escalations)
			.values(rows.slice(from, from + 1_000))
			.onConflictDoNothing()
	await enqueueAll(
		tx,
		"escalation.step",
		rows.map(({ incidentId }) => ({ payload: { incidentId }, key: String(incidentId) })),
	)
}
