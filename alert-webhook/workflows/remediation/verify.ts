import { eq } from "drizzle-orm"
import { incidents, remediations } from "../../../core/db/schema/index.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Context, Settings, Transaction } from "../../context.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { beginningOf } from "../../domain/text.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { recordIn } from "../../store/record.ts"
import type { Remediation } from "../../store/remediations/move.ts"
import { advance } from "../lifecycle/advance.ts"
import { ACTIONS } from "./actions/index.ts"
import { conditionOf } from "./cleared.ts"

/** Good checks in a row that are needed: a single one may fall into the moment of the restart. */
const CLEAR_TIMES = 2
/**
 * The time for checks after an expression has forgotten the cause: a scrape, an evaluation, and the checks in a row.
 */
const LOOKS_AFTER = CLEAR_TIMES + 2

/** The longest lookback that verification waits for: an expression with a longer one clears too late. */
const LONGEST_LOOKBACK_MS = 15 * 60_000

interface Look {
	readonly clear: boolean
	/** The problem; undefined when the target is healthy. */
	readonly seen: string | undefined
	/** How long after the action the alert may still fire though the cause is gone, in milliseconds. */
	readonly lookbackMs?: number
}

/**
 * Checks once whether a remediation has succeeded: its target is healthy and, unless it only contains, the alert's own
 * expression has cleared. Checks again until both are true or the time is up; then, and in doubt, the remediation has
 * failed.
 */
export async function verifyRemediation(ctx: Context, { id }: { id: number }): Promise<void> {
	const [row] = await ctx.db.select().from(remediations).where(eq(remediations.id, id))
	if (row?.state !== "verifying") return
	const looked = await look(ctx, row)
	ctx.reached("verification.looked")
	await recordIn(ctx, "verification", (tx) => conclude(tx, ctx, row, looked))
}

async function conclude(tx: Transaction, ctx: Context, row: Remediation, looked: Look): Promise<void> {
	const { id, result } = row
	const { clear, seen, lookbackMs = Number(result?.lookbackMs ?? 0) } = looked
	const clears = clear ? Number(result?.clears ?? 0) + 1 : 0
	const now = new Date(ctx.clock.now())
	const from = ["verifying"] as const
	const reason = seen === undefined ? {} : { reason: seen }
	if (clears >= CLEAR_TIMES) {
		await advance(tx, ctx.settings, id, { from, to: "succeeded", ...reason, now })
		return
	}
	// A first good check at the last moment gets the second one that it needs.
	if (!clear && now.getTime() >= (row.verifyUntil ?? now).getTime() + moreTime(ctx.settings, lookbackMs)) {
		await advance(tx, ctx.settings, id, { from, to: "failed", ...reason, now })
		return
	}
	await tx
		.update(remediations)
		.set({ result: { ...result, clears, seen, lookbackMs } })
		.where(eq(remediations.id, id))
	await enqueue(tx, "remediation.verify", { id }, { key: String(id), inMs: ctx.settings.verifyEveryMs })
}

/** The extra time of a verification, for an expression with a lookback to forget the cause. */
export function moreTime(
	{ verifyForMs, verifyEveryMs }: Pick<Settings, "verifyForMs" | "verifyEveryMs">,
	lookbackMs: number,
): number {
	if (lookbackMs > LONGEST_LOOKBACK_MS) return 0
	return Math.max(0, lookbackMs + LOOKS_AFTER * verifyEveryMs - verifyForMs)
}

async function look(ctx: Context, { incidentId, action, target }: Remediation): Promise<Look> {
	const [incident] = await ctx.db.select().from(incidents).where(eq(incidents.id, incidentId))
	const name = actionNamed(action)
	if (!incident || name === undefined) return { clear: false, seen: "whether it succeeded cannot be checked" }
	try {
		const signal = AbortSignal.timeout(ctx.settings.actionTimeoutMs)
		if (!(await ACTIONS[name].verify(ctx, { incident, target, signal })))
			return { clear: false, seen: `${target} is not healthy` }
	} catch (error) {
		return { clear: false, seen: beginningOf(`whether it succeeded is not known: ${messageOf(error)}`, 1_000) }
	}
	const condition = await checkCondition(ctx, incident)
	if (ACTIONS[name].effect === "repairs") return condition
	// The alert counts past events: that it still fires is only reported, and decides nothing.
	return { clear: true, seen: condition.seen }
}

async function checkCondition(ctx: Context, incident: Incident): Promise<Look> {
	try {
		const condition = await conditionOf(ctx, incident)
		if (condition === undefined) return { clear: false, seen: `Prometheus has no alert ${incident.alertname}` }
		const { met, lookbackMs } = condition
		return met
			? { clear: false, seen: "the alert's condition is still met", lookbackMs }
			: { clear: true, seen: undefined }
	} catch (error) {
		const seen = `whether the alert's condition is still met is not known: ${messageOf(error)}`
		return { clear: false, seen: beginningOf(seen, 1_000) }
	}
}
