import { and, asc, eq, inArray } from "drizzle-orm"
import { remediations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { advance } from "./remediation-state.ts"

/** Nobody needs to approve anything for incidents that are over. */
export async function expireApprovals(
	tx: Transaction,
	settings: Settings,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	// All of them first, in one order: each step of one also locks the end of the audit chain, which others wait for.
	const waiting = await tx
		.select({ id: remediations.id })
		.from(remediations)
		.where(and(inArray(remediations.incidentId, [...ids]), eq(remediations.state, "awaiting_approval")))
		.orderBy(asc(remediations.id))
		.for("update")
	for (const { id } of waiting)
		await advance(tx, settings, id, { from: ["awaiting_approval"], to: "expired", reason: "incident_over", now })
}
