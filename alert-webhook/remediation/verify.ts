import { eq } from "drizzle-orm"
import { incidents, remediations } from "../../core/db/schema/index.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Context, Transaction } from "../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { ACTIONS, actionNamed } from "./actions/index.ts"
import { alertCleared } from "./cleared.ts"
import { advance, type Remediation } from "./record.ts"

/** Times in a row that everything must look right: a scrape may fall into the moment of the restart. */
const CLEAR_TIMES = 2

type Look = { readonly clear: boolean; readonly seen: string }

/**
 * Looks once whether a remediation has worked: what it acted on is as it should be, and the alert's own expression has
 * cleared. Comes back until it has, or until time is up; then, and in doubt, it counts as failed.
 */
export async function verifyRemediation(ctx: Context, { id }: { id: number }): Promise<void> {
	const [row] = await ctx.db.select().from(remediations).where(eq(remediations.id, id))
	if (row?.state !== "verifying") return
	const looked = await look(ctx, row)
	ctx.reached("verification.looked")
	await ctx.db.transaction(async (tx) => {
		await conclude(tx, ctx, row, looked)
		ctx.reached("verification.recorded")
	})
	ctx.reached("verification.committed")
}

async function conclude(tx: Transaction, ctx: Context, row: Remediation, { clear, seen }: Look): Promise<void> {
	const { id, result } = row
	const clears = clear ? Number(result?.clears ?? 0) + 1 : 0
	const now = new Date(ctx.clock.now())
	const from = ["verifying"] as const
	if (clears >= CLEAR_TIMES) {
		await advance(tx, ctx.settings, id, { from, to: "succeeded", now })
		return
	}
	if (now >= (row.verifyUntil ?? now)) {
		await advance(tx, ctx.settings, id, { from, to: "failed", reason: seen, now })
		return
	}
	await tx
		.update(remediations)
		.set({ result: { ...result, clears, seen } })
		.where(eq(remediations.id, id))
	await enqueue(tx, "remediation.verify", { id }, { key: String(id), inMs: ctx.settings.verifyEveryMs })
}

async function look(ctx: Context, { incidentId, action, target }: Remediation): Promise<Look> {
	const [incident] = await ctx.db.select().from(incidents).where(eq(incidents.id, incidentId))
	const name = actionNamed(action)
	if (!incident || name === undefined) return { clear: false, seen: "whether it worked cannot be found out" }
	try {
		const signal = AbortSignal.timeout(ctx.settings.actionTimeoutMs)
		if (!(await ACTIONS[name].verify(ctx, { incident, target, signal })))
			return { clear: false, seen: `${target} is not as it should be` }
		const cleared = await alertCleared(ctx, incident)
		if (cleared === undefined) return { clear: false, seen: `Prometheus has no alert ${incident.alertname}` }
		return { clear: cleared, seen: cleared ? "the alert's condition has cleared" : "the alert's condition still holds" }
	} catch (error) {
		return { clear: false, seen: `whether it worked is not known: ${messageOf(error)}`.slice(0, 1_000) }
	}
}
