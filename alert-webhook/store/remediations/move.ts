import { and, eq, inArray } from "drizzle-orm"
import { remediations } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import { isFinal, type RemediationState } from "../../domain/incident-event.ts"

export type Remediation = typeof remediations.$inferSelect

export interface Move {
	/** The states that it may leave. */
	readonly from: readonly RemediationState[]
	readonly to: RemediationState
	readonly reason?: string
	readonly set?: Partial<typeof remediations.$inferInsert>
	readonly now: Date
}

/** Moves a remediation from one state to the next; undefined when it is in none that it may leave. */
export async function moveRemediation(
	tx: Transaction,
	id: number,
	{ from, to, reason, set, now }: Move,
): Promise<Remediation | undefined> {
	const [row] = await tx
		.update(remediations)
		.set({
			...set,
			state: to,
			...(reason === undefined ? {} : { reason }),
			...(isFinal(to) ? { endedAt: now } : {}),
		})
		.where(and(eq(remediations.id, id), inArray(remediations.state, [...from])))
		.returning()
	return row
}

/** Ids of the incidents' remediations that wait for an approval, locked in one order for every transaction. */
export async function lockWaitingApprovals(tx: Transaction, incidentIds: readonly number[]): Promise<number[]> {
	const rows = await tx
		.select({ id: remediations.id })
		.from(remediations)
		.where(and(inArray(remediations.incidentId, [...incidentIds]), eq(remediations.state, "awaiting_approval")))
		.orderBy(remediations.id)
		.for("update")
	return rows.map(({ id }) => id)
}
