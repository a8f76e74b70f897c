import { and, eq, isNull } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import type { Who } from "../../store/audit/append.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { recordIn } from "../../store/record.ts"
import { onAcknowledged } from "./lifecycle.ts"

export interface Acknowledge {
	readonly id: number
	/** The person who acknowledges it. */
	readonly by: Who
}

/**
 * A person acknowledges an open incident. A second acknowledgement changes nothing.
 *
 * @throws ObservatoryError `not_found`, or `conflict` when it is resolved already
 */
export async function acknowledge(ctx: Context, { id, by }: Acknowledge): Promise<Incident> {
	const now = new Date(ctx.clock.now())
	return recordIn(ctx, "acknowledgement", async (tx) => {
		const [acknowledged] = await tx
			.update(incidents)
			.set({ acknowledgedAt: now, acknowledgedBy: by.actor, updatedAt: now })
			.where(and(eq(incidents.id, id), eq(incidents.status, "firing"), isNull(incidents.acknowledgedAt)))
			.returning()
		if (acknowledged) {
			await onAcknowledged(tx, ctx.settings, [acknowledged], by, now)
			return acknowledged
		}
		const [existing] = await tx.select().from(incidents).where(eq(incidents.id, id))
		if (!existing) throw new ObservatoryError("not_found", `There is no incident ${id}.`)
		if (existing.status === "resolved")
			throw new ObservatoryError("conflict", `Incident ${id} is resolved; there is nothing to acknowledge.`)
		return existing
	})
}
