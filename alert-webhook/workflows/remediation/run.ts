import { eq } from "drizzle-orm"
import { automation, incidents, remediations } from "../../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { withTimeout } from "../../../core/lib/timeout.ts"
import type { Context, Transaction } from "../../context.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import type { Reason } from "../../domain/remediation/decide.ts"
import { beginningOf } from "../../domain/text.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { isOpen } from "../../store/incidents/open-incident.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { activeWindowFor } from "../../store/maintenance.ts"
import { recordIn } from "../../store/record.ts"
import type { Remediation } from "../../store/remediations/move.ts"
import { policyFor } from "../../store/remediations/situation.ts"
import { advance } from "../lifecycle/advance.ts"
import { ACTIONS } from "./actions/index.ts"

/**
 * Runs an approved remediation, at most once. When the process dies during the action, its progress is unknown: it does
 * not run again but counts as failed, and people are paged.
 */
export async function runRemediation(ctx: Context, { id }: { id: number }): Promise<void> {
	const claimed = await claim(ctx, id)
	if (claimed === undefined) return
	ctx.reached("remediation.claimed")
	const { row, incident } = claimed
	const name = actionNamed(row.action)
	try {
		if (name === undefined) throw new ObservatoryError("internal", `the action ${row.action} no longer exists`)
		// The time limit also applies to an action that ignores its signal.
		const result = await withTimeout({ ms: ctx.settings.actionTimeoutMs, message: "it took too long" }, (signal) =>
			ACTIONS[name].run(ctx, { incident, target: row.target, signal }),
		)
		ctx.reached("remediation.acted")
		await startVerification(ctx, id, result)
	} catch (error) {
		ctx.log.error({ err: error, remediation: id, action: row.action }, "a remediation failed")
		const now = new Date(ctx.clock.now())
		const reason = beginningOf(`it could not run: ${messageOf(error)}`, 1_000)
		await ctx.db.transaction((tx) => advance(tx, ctx.settings, id, { from: ["running"], to: "failed", reason, now }))
	}
}

async function claim(ctx: Context, id: number) {
	const now = new Date(ctx.clock.now())
	return ctx.db.transaction(async (tx) => {
		const [switchRow] = await tx.select().from(automation).for("update")
		const [row] = await tx.select().from(remediations).where(eq(remediations.id, id))
		const [incident] = row ? await tx.select().from(incidents).where(eq(incidents.id, row.incidentId)) : []
		if (!row || !incident) return undefined
		if (row.state === "running") {
			const reason = "its process or the database was lost while it was being done; how far it came is not known"
			await advance(tx, ctx.settings, id, { from: ["running"], to: "failed", reason, now })
			return undefined
		}
		const blocked = switchRow?.pausedAt ? "automation_paused" : await changed(tx, row, incident, now)
		if (blocked) {
			await advance(tx, ctx.settings, id, { from: ["approved"], to: "withheld", reason: blocked, now })
			return undefined
		}
		const running = await advance(tx, ctx.settings, id, {
			from: ["approved"],
			to: "running",
			set: { startedAt: now },
			now,
		})
		ctx.reached("remediation.claiming")
		return running && { row: running, incident }
	})
}

/** The reason why an approved remediation must not run now: it may have waited through an outage since its approval. */
async function changed(
	tx: Transaction,
	{ action, target }: Remediation,
	{ id, labels }: Incident,
	now: Date,
): Promise<Reason | undefined> {
	if (!(await isOpen(tx, id))) return "incident_ended"
	if ((await policyFor(tx, action, target)).mode === "shadow") return "shadow_mode"
	return (await activeWindowFor(tx, labels, now)) && "maintenance"
}

async function startVerification(ctx: Context, id: number, result: Record<string, unknown>): Promise<void> {
	const now = new Date(ctx.clock.now())
	const { verifyEveryMs, verifyForMs } = ctx.settings
	await recordIn(ctx, "remediation", async (tx) => {
		const set: Partial<Remediation> = { result, verifyUntil: new Date(now.getTime() + verifyForMs) }
		const row = await advance(tx, ctx.settings, id, { from: ["running"], to: "verifying", set, now })
		if (row) await enqueue(tx, "remediation.verify", { id }, { key: String(id), inMs: verifyEveryMs })
	})
}
