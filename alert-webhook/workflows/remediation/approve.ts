import { eq } from "drizzle-orm"
import { incidents, remediations } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context, Transaction } from "../../context.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { type Decision, REASON_TEXT, type Reason } from "../../domain/remediation/decide.ts"
import type { Who } from "../../store/audit/append.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { activeWindowFor } from "../../store/maintenance.ts"
import { recordIn } from "../../store/record.ts"
import type { Remediation } from "../../store/remediations/move.ts"
import { advance } from "../lifecycle/advance.ts"
import { ACTIONS } from "./actions/index.ts"
import { decideIn } from "./decide-in.ts"

export interface Verdict {
	readonly id: number
	readonly by: Who
}

/**
 * A person approves a waiting remediation. The guard rails, the action's own objection, the mode and maintenance are
 * checked again: they bind people as well.
 *
 * @throws ObservatoryError `not_found`, `conflict` when it does not wait or a check fails now, or the error of the
 * action's own check
 */
export async function approve(ctx: Context, { id, by }: Verdict): Promise<Remediation> {
	const { action, target, incident } = await proposed(ctx, id)
	const signal = AbortSignal.timeout(ctx.settings.actionTimeoutMs)
	const objection = await ACTIONS[action].precondition(ctx, { incident, target, signal })
	const now = new Date(ctx.clock.now())
	return recordIn(ctx, "answer", async (tx) => {
		await waiting(tx, id)
		// A person approves what Prometheus had as firing, and sees whether it still is.
		const known = { compiled: true, firing: true }
		const decision = await decideIn(tx, { action, incidentId: incident.id, target, objection, now, ...known })
		const blocked = blockedBy(decision) ?? ((await activeWindowFor(tx, incident.labels, now)) && "maintenance")
		if (blocked) {
			const why = blocked === "objection" ? objection : REASON_TEXT[blocked]
			throw new ObservatoryError("conflict", `${action} was not approved: ${why}.`)
		}
		const row = await advance(tx, ctx.settings, id, {
			from: ["awaiting_approval"],
			to: "approved",
			by,
			set: { decidedBy: by.actor },
			now,
		})
		if (!row) throw new ObservatoryError("conflict", "Another person has decided already.")
		await enqueue(tx, "remediation.run", { id }, { key: String(id) })
		return row
	})
}

/** A person refuses a waiting remediation. @throws ObservatoryError `not_found` or `conflict` */
export async function refuse(ctx: Context, { id, by }: Verdict): Promise<Remediation> {
	const now = new Date(ctx.clock.now())
	return recordIn(ctx, "answer", async (tx) => {
		await waiting(tx, id)
		const set = { decidedBy: by.actor }
		const row = await advance(tx, ctx.settings, id, { from: ["awaiting_approval"], to: "refused", by, set, now })
		if (!row) throw new ObservatoryError("conflict", "Another person has decided already.")
		return row
	})
}

/** Reasons that an approval cannot overrule. */
function blockedBy(decision: Decision): Reason | undefined {
	if (decision.do === "withhold") return decision.reason
	return decision.do === "shadow" ? "shadow_mode" : undefined
}

async function proposed({ db }: Context, id: number) {
	const { action: name, target, incidentId } = await waiting(db, id)
	const action = actionNamed(name)
	const [incident] = await db.select().from(incidents).where(eq(incidents.id, incidentId))
	if (action && incident) return { action, target, incident }
	throw new ObservatoryError("conflict", `The action ${name} no longer exists.`)
}

async function waiting(tx: Context["db"] | Transaction, id: number): Promise<Remediation> {
	const [row] = await tx.select().from(remediations).where(eq(remediations.id, id))
	if (!row) throw new ObservatoryError("not_found", `There is no remediation ${id}.`)
	if (row.state !== "awaiting_approval")
		throw new ObservatoryError("conflict", `Remediation ${id} does not wait for approval: it is ${row.state}.`)
	return row
}
