import { eq } from "drizzle-orm"
import { incidents, remediations } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Who } from "../audit/append.ts"
import type { Context, Transaction } from "../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { decide, REASON_TEXT } from "./decide.ts"
import { advance, type Remediation } from "./record.ts"
import { readSituation } from "./situation.ts"

export interface Verdict {
	readonly id: number
	readonly by: Who
}

/**
 * A person lets a waiting remediation be done. The guard rails are looked at again: they bind people as well.
 *
 * @throws ObservatoryError `not_found`, or `conflict` when it does not wait or a guard rail stands against it
 */
export async function approve(ctx: Context, { id, by }: Verdict): Promise<Remediation> {
	const now = new Date(ctx.clock.now())
	const approved = await ctx.db.transaction(async (tx) => {
		const { action, target, incidentId } = await waiting(tx, id)
		const situation = await readSituation(tx, { action, target, now: now.getTime() })
		const [incident] = await tx.select().from(incidents).where(eq(incidents.id, incidentId))
		const incidentOpen = incident?.status === "firing"
		const decision = decide({ ...situation, now: now.getTime(), incidentOpen, target, objection: undefined })
		if (decision.do === "withhold")
			throw new ObservatoryError("conflict", `${action} is not done now: ${REASON_TEXT[decision.reason]}.`)
		const row = await advance(tx, ctx.settings, id, {
			from: ["awaiting_approval"],
			to: "approved",
			by,
			set: { decidedBy: by.actor },
			now,
		})
		if (!row) throw new ObservatoryError("conflict", "Somebody else has decided already.")
		await enqueue(tx, "remediation.run", { id }, { key: String(id) })
		ctx.reached("approval.recorded")
		return row
	})
	ctx.reached("approval.committed")
	return approved
}

/** A person refuses a waiting remediation. @throws ObservatoryError `not_found` or `conflict` */
export async function refuse(ctx: Context, { id, by }: Verdict): Promise<Remediation> {
	const now = new Date(ctx.clock.now())
	return ctx.db.transaction(async (tx) => {
		await waiting(tx, id)
		const set = { decidedBy: by.actor }
		const row = await advance(tx, ctx.settings, id, { from: ["awaiting_approval"], to: "refused", by, set, now })
		if (!row) throw new ObservatoryError("conflict", "Somebody else has decided already.")
		return row
	})
}

async function waiting(tx: Transaction, id: number): Promise<Remediation> {
	const [row] = await tx.select().from(remediations).where(eq(remediations.id, id))
	if (!row) throw new ObservatoryError("not_found", `There is no remediation ${id}.`)
	if (row.state !== "awaiting_approval")
		throw new ObservatoryError("conflict", `Remediation ${id} does not wait for anybody: it is ${row.state}.`)
	return row
}
