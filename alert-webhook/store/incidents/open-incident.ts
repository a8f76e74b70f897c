import { and, eq, isNull } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import type { Incident } from "./list.ts"

/**
 * An incident whose alert fires and that no person has closed. It is locked: a resolution or a verdict that arrives
 * meanwhile waits for the transaction's end.
 */
export async function openIncident(tx: Transaction, incidentId: number): Promise<Incident | undefined> {
	const [incident] = await tx
		.select()
		.from(incidents)
		.where(and(eq(incidents.id, incidentId), eq(incidents.status, "firing"), isNull(incidents.verdict)))
		.for("share")
	return incident
}

export const isOpen = async (tx: Transaction, incidentId: number): Promise<boolean> =>
	(await openIncident(tx, incidentId)) !== undefined

/** Waits for transactions that have locked the incident for update, and blocks others until the end. */
export async function shareIncident(tx: Transaction, incidentId: number): Promise<void> {
	await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.id, incidentId)).for("key share")
}
