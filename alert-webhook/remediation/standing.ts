import { eq } from "drizzle-orm"
import { incidents } from "../../core/db/schema/index.ts"
import type { Transaction } from "../context.ts"

/** Whether the alert still fires, and whether a person has closed the incident. */
interface Standing {
	readonly firing: boolean
	readonly closed: boolean
}

/**
 * How an incident stands, until the transaction is over: an end that comes meanwhile, by itself or by a person, waits
 * and finds what was decided.
 */
export async function standingOf(tx: Transaction, incidentId: number): Promise<Standing> {
	const { status, verdict } = incidents
	const [row] = await tx.select({ status, verdict }).from(incidents).where(eq(incidents.id, incidentId)).for("share")
	return { firing: row?.status === "firing", closed: row?.verdict != null }
}

/** Whether anything may be done about an incident: its alert fires and no person has closed it. */
export async function isOpen(tx: Transaction, incidentId: number): Promise<boolean> {
	const { firing, closed } = await standingOf(tx, incidentId)
	return firing && !closed
}
