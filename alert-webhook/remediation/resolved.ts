import { and, eq, inArray } from "drizzle-orm"
import { remediations } from "../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../context.ts"
import { endNotices } from "../notices/end.ts"
import { advance } from "./record.ts"

/** What follows when incidents are over: nobody needs to approve anything for them, and nothing is told about them. */
export async function afterResolved(
	tx: Transaction,
	settings: Settings,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	if (ids.length === 0) return
	await endNotices(tx, { incidentIds: ids, kinds: ["approval", "escalation", "remediation_failed"], now })
	const waiting = await tx
		.select({ id: remediations.id })
		.from(remediations)
		.where(and(inArray(remediations.incidentId, [...ids]), eq(remediations.state, "awaiting_approval")))
	for (const { id } of waiting)
		await advance(tx, settings, id, { from: ["awaiting_approval"], to: "expired", reason: "incident_over", now })
}
