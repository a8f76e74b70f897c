import { and, eq, inArray, isNull } from "drizzle-orm"
import { escalations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { type Escalating, policyOf } from "../../domain/escalation/policies.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { endPages } from "../pages/end.ts"

/** Acknowledged incidents are not paged until the acknowledgement expires. */
export async function acknowledgeEscalations(
	tx: Transaction,
	{ policies }: Settings,
	{ incidents, by, now }: { incidents: readonly (Escalating & { readonly id: number })[]; by: string; now: Date },
): Promise<void> {
	const ids = incidents.map(({ id }) => id)
	if (ids.length === 0) return
	const rows = await tx
		.select()
		.from(escalations)
		.where(and(inArray(escalations.incidentId, ids), isNull(escalations.endedAt)))
		.orderBy(escalations.incidentId)
		.for("update")
	await endPages(tx, { kinds: PAGES, incidentIds: ids, outcome: `Acknowledged by ${by}.`, now })
	for (const { incidentId, policy } of rows) {
		const incident = incidents.find(({ id }) => id === incidentId)
		const lasts = incident && policyOf(policies, incident, policy)?.acknowledgementLastsMs
		const until = lasts === undefined ? null : new Date(now.getTime() + lasts)
		// PostgreSQL has a time that never comes.
		await tx
			.update(escalations)
			.set({ acknowledgedUntil: until ?? FAR, escalateNow: false, nextAt: until })
			.where(eq(escalations.incidentId, incidentId))
		if (lasts !== undefined)
			await enqueue(tx, "escalation.step", { incidentId }, { key: String(incidentId), inMs: lasts })
	}
}

/** The pages that ask people to respond to an incident. */
const PAGES = ["escalation", "remediation_failed"] as const

/** Represents an acknowledgement that lasts until the incident is resolved. */
export const FAR = new Date("9999-12-31T00:00:00Z")

/** A remediation failed: the next level is paged now. */
export async function escalateNow(
	tx: Transaction,
	{ incidentId, now }: { incidentId: number; now: Date },
): Promise<void> {
	const rows = await tx
		.update(escalations)
		.set({ escalateNow: true, nextAt: now })
		.where(and(eq(escalations.incidentId, incidentId), isNull(escalations.endedAt)))
		.returning({ id: escalations.incidentId })
	if (rows.length > 0) await enqueue(tx, "escalation.step", { incidentId }, { key: String(incidentId) })
}

/** Ends the escalations of incidents that are resolved or closed. */
export async function endEscalations(
	tx: Transaction,
	{ incidentIds, now }: { incidentIds: readonly number[]; now: Date },
): Promise<void> {
	if (incidentIds.length === 0) return
	await tx
		.update(escalations)
		.set({ endedAt: now, nextAt: null })
		.where(and(inArray(escalations.incidentId, [...incidentIds]), isNull(escalations.endedAt)))
}

/** Starts the escalations of incidents again from the first level; those of acknowledged incidents stay as they are. */
export async function restartEscalations(tx: Transaction, incidentIds: readonly number[], now: Date): Promise<void> {
	await tx
		.update(escalations)
		.set({ anchor: now, level: -1, escalateNow: false, nextAt: now })
		.where(
			and(
				inArray(escalations.incidentId, [...incidentIds]),
				isNull(escalations.endedAt),
				isNull(escalations.acknowledgedUntil),
			),
		)
}
