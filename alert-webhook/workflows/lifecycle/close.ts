import { eq, sql } from "drizzle-orm"
import type { AnyPgColumn } from "drizzle-orm/pg-core"
import { z } from "zod"
import { incidents, incidentTimeline } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { cleanText } from "../../domain/text.ts"
import { VERDICTS } from "../../domain/verdict.ts"
import { appendAudit, type Who } from "../../store/audit/append.ts"
import { endEscalations } from "../../store/escalations/change.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { endNotices } from "../../store/pages/end.ts"
import { expireApprovals } from "./expire-approvals.ts"

export const judgeInput = z.object({
	verdict: z.enum(VERDICTS),
	note: z.string().trim().max(2_000).default("").transform(cleanText),
})

export type Judge = z.output<typeof judgeInput> & { readonly id: number; readonly by: Who }

/**
 * A person closes an incident: says what it was. Nobody is told or asked about it any more, even if the alert goes on
 * firing.
 * A verdict may be changed; the timeline and the audit log keep every one.
 *
 * @throws ObservatoryError `not_found`
 */
export async function judge(ctx: Context, { id, verdict, note, by }: Judge): Promise<Incident> {
	const now = new Date(ctx.clock.now())
	const closed = await ctx.db.transaction(async (tx) => {
		const [judged] = await tx
			.update(incidents)
			.set({
				verdict,
				verdictNote: note || null,
				verdictBy: by.actor,
				verdictAt: now,
				updatedAt: now,
				// Whoever judges an open incident has it.
				acknowledgedAt: whileFiring(incidents.acknowledgedAt, now),
				acknowledgedBy: whileFiring(incidents.acknowledgedBy, by.actor),
			})
			.where(eq(incidents.id, id))
			.returning()
		if (!judged) throw new ObservatoryError("not_found", `There is no incident ${id}.`)
		await expireApprovals(tx, ctx.settings, [id], now)
		await endEscalations(tx, { incidentIds: [id], now })
		const outcome = `Closed by ${by.actor}.`
		await endNotices(tx, { incidentIds: [id], kinds: ["approval", "escalation", "remediation_failed"], outcome, now })
		const details = { verdict, ...(note ? { note } : {}) }
		await tx.insert(incidentTimeline).values({ incidentId: id, kind: "closed", actor: by.actor, details, at: now })
		await appendAudit(tx, { by, action: "incident.close", target: `incident:${id}`, details, at: now })
		ctx.reached("closing.recorded")
		return judged
	})
	ctx.reached("closing.committed")
	return closed
}

/** What a column has, or else `value`, if the alert still fires: nobody takes what is over. */
const whileFiring = (column: AnyPgColumn, value: Date | string) =>
	sql`case ${incidents.status} when 'firing' then coalesce(${column}, ${value}) else ${column} end`
