import { and, eq, isNull } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import type { Incident } from "./list.ts"

/**
 * An incident, if anything may be done about it: its alert fires and no person has closed it. Until the transaction is
 * over an end that comes meanwhile, by itself or by a person, waits and finds what was decided.
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
