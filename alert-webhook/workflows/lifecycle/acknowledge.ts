import { and, eq, isNull } from "drizzle-orm"
import { incidents, incidentTimeline } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { appendAudit, type Who } from "../../store/audit/append.ts"
import { acknowledgeEscalation } from "../../store/escalations/change.ts"
import type { Incident } from "../../store/incidents/list.ts"

export interface Acknowledge {
	readonly id: number
	/** Who takes it. */
	readonly by: Who
}

/**
 * Somebody takes an open incident. Taking it twice changes nothing: the first one has it.
 *
 * @throws ObservatoryError `not_found`, or `conflict` when it is resolved already
 */
export async function acknowledge(ctx: Context, { id, by }: Acknowledge): Promise<Incident> {
	const now = new Date(ctx.clock.now())
	const incident = await ctx.db.transaction(async (tx) => {
		const [taken] = await tx
			.update(incidents)
			.set({ acknowledgedAt: now, acknowledgedBy: by.actor, updatedAt: now })
			.where(and(eq(incidents.id, id), eq(incidents.status, "firing"), isNull(incidents.acknowledgedAt)))
			.returning()
		if (taken) {
			await tx.insert(incidentTimeline).values({ incidentId: id, kind: "acknowledged", actor: by.actor, at: now })
			await acknowledgeEscalation(tx, ctx.settings, { incident: taken, by: by.actor, now })
			await appendAudit(tx, { by, action: "incident.acknowledge", target: `incident:${id}`, at: now })
			ctx.reached("acknowledgement.recorded")
			return taken
		}
		const [existing] = await tx.select().from(incidents).where(eq(incidents.id, id))
		if (!existing) throw new ObservatoryError("not_found", `There is no incident ${id}.`)
		if (existing.status === "resolved")
			throw new ObservatoryError("conflict", `Incident ${id} is resolved; there is nothing left to take.`)
		return existing
	})
	ctx.reached("acknowledgement.committed")
	return incident
}
