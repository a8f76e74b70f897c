import { eq } from "drizzle-orm"
import { databaseError } from "../../../core/db/client.ts"
import { control, events } from "../../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context, Transaction } from "../../context.ts"
import { waitForLock } from "../../store/advisory-lock.ts"
import { appendAudit, type Who } from "../../store/audit/append.ts"
import { type Control, readControl } from "../../store/control.ts"
import { endPages } from "../../store/pages/end.ts"
import { openPage } from "../../store/pages/open.ts"
import { closeGate } from "../gate/write-gate-flag.ts"
import { type Applied, applyControl } from "./apply.ts"
import { LOCK_MS } from "./converge.ts"

/**
 * A change has two steps: the control state in the observatory database, which closes the gate at once; then its
 * effects elsewhere. The second step is tried here and retried by periodic tasks until it is complete.
 */
export interface Change {
	readonly by: Who
	readonly reason: string
	/** The incident that causes the change, if any. */
	readonly incidentId?: number | undefined
}

/**
 * Ends every autonomous session and permits no new one. A repeat changes nothing. The gate of this host closes first,
 * whether the database can write or not.
 *
 * @throws ObservatoryError `unavailable` when the stop is active here and cannot be saved yet; it is retried
 */
export async function emergencyStop(ctx: Context, stop: Change): Promise<Applied> {
	const { by, reason, incidentId } = stop
	ctx.unsavedStop.begin({
		by: { actor: by.actor, address: by.address, tokenId: by.tokenId ?? null },
		reason,
		incidentId,
		at: ctx.clock.now(),
	})
	const gate = await closeGate(ctx).then(
		() => "the gate of this host is closed",
		(error: unknown) => `the gate of this host cannot be closed either (${messageOf(error)})`,
	)
	try {
		await saveStop(ctx, stop)
	} catch (error) {
		const reason = databaseError(error, "Saving the stop")
		const message = `The stop is active and ${gate}, but the database cannot save it yet: ${messageOf(reason)}`
		const advice = reason instanceof ObservatoryError ? reason.advice : ""
		throw new ObservatoryError("unavailable", message, {
			advice: `It is retried each second. ${advice}`.trim(),
			cause: error,
		})
	}
	return applyControl(ctx)
}

/** Saves the emergency stop that the database could not save before, if there is one. */
export async function saveUnsavedStop(ctx: Context): Promise<void> {
	const { current } = ctx.unsavedStop
	if (current !== undefined) await saveStop(ctx, current)
}

async function saveStop(ctx: Context, { by, reason, incidentId }: Change): Promise<void> {
	await change(ctx, async (tx, before, now) => {
		if (before.state === "stop") return
		await set(tx, before, { state: "stop", reason, by, now, event: "emergency_stop" })
		await openPage(tx, ctx.settings, {
			key: `emergency_stop ${before.revision + 1}`,
			kind: "emergency_stop",
			incidentId,
			severity: "critical",
			channels: ctx.settings.criticalChannels,
			summary: "Emergency stop: all autonomous work is stopped",
			description: `${by.actor} stopped all autonomous sessions (“${reason}”). They stay stopped until a person releases the stop on the console.`,
			path: "/response",
			now,
		})
		await audit(tx, "control.stop", { by, reason }, now)
	})
	ctx.unsavedStop.end()
}

/** Pauses every working session. @throws ObservatoryError `conflict` during an emergency stop */
export async function pauseSessions(ctx: Context, { by, reason }: Change): Promise<Applied> {
	await change(ctx, async (tx, before, now) => {
		if (before.state === "stop")
			throw new ObservatoryError("conflict", "An emergency stop is active; there is nothing to pause.")
		if (before.state === "pause") return
		await set(tx, before, { state: "pause", reason, by, now })
		await audit(tx, "control.pause", { by, reason }, now)
	})
	return applyControl(ctx)
}

/** A person resumes paused sessions. @throws ObservatoryError `conflict` when they are not paused */
export async function resumeSessions(ctx: Context, { by, reason }: Change): Promise<Applied> {
	await relax(ctx, async (tx, before, now) => {
		if (before.state !== "pause") throw new ObservatoryError("conflict", "Autonomous sessions are not paused.")
		await set(tx, before, { state: "run", reason, by, now })
		await audit(tx, "control.resume", { by, reason }, now)
	})
	return applyControl(ctx)
}

/**
 * A person releases an emergency stop. Ended sessions stay ended; new ones may start. @throws ObservatoryError
 * `conflict`
 */
export async function releaseStop(ctx: Context, { by, reason }: Change): Promise<Applied> {
	await relax(ctx, async (tx, before, now) => {
		if (before.state !== "stop") throw new ObservatoryError("conflict", "No emergency stop is active.")
		await set(tx, before, { state: "run", reason, by, now, event: "emergency_stop_released" })
		await endPages(tx, { kinds: ["emergency_stop"], now })
		await audit(tx, "control.release", { by, reason }, now)
	})
	return applyControl(ctx)
}

const audit = (tx: Transaction, action: string, { by, reason }: Pick<Change, "by" | "reason">, at: Date) =>
	appendAudit(tx, { by, action, target: "autonomous sessions", details: { reason }, at })

type Work = (tx: Transaction, before: Control, now: Date) => Promise<void>

async function change(ctx: Context, work: Work, prepare?: (tx: Transaction) => Promise<void>): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		await prepare?.(tx)
		await tx.select().from(control).for("update")
		await work(tx, await readControl({ db: tx }), new Date(ctx.clock.now()))
		ctx.reached("control.recorded")
	})
	ctx.reached("control.committed")
}

/**
 * Waits for a process that pauses or ends sessions at this moment: it must finish before they are permitted to work.
 */
const relax = (ctx: Context, work: Work) => change(ctx, work, (tx) => waitForLock(tx, "sessions", LOCK_MS))

interface Next {
	readonly state: Control["state"]
	readonly reason: string
	readonly by: Who
	readonly now: Date
	/** The event that the exporters count and that alerts use, in the transaction of the control state. */
	readonly event?: "emergency_stop" | "emergency_stop_released"
}

async function set(tx: Transaction, before: Control, { state, reason, by, now, event }: Next): Promise<void> {
	const revision = before.revision + 1
	await tx
		.update(control)
		.set({ state, reason, revision, changedBy: by.actor, changedAt: now })
		.where(eq(control.only, true))
	if (event === undefined) return
	const details = { source: "observatory", by: by.actor, reason, revision }
	await tx.insert(events).values({ type: event, details, createdAt: now })
}
