import { eq } from "drizzle-orm"
import { control } from "../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { appendAudit, type Who } from "../audit/append.ts"
import type { Context, Transaction } from "../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { endNotices } from "../notices/end.ts"
import { openNotice } from "../notices/open.ts"
import { type Applied, applyToSessions } from "./apply.ts"
import { type Control, readControl } from "./read.ts"

/**
 * A change is made in two steps: the state that holds, in our own database, which closes the gate at once; then what
 * follows from it in the monitored one. The second is tried here and, should that fail, by a job until it is done.
 */
export interface Change {
	readonly by: Who
	readonly reason: string
	/** The incident that it is about, when it is about one. */
	readonly incidentId?: number | undefined
}

/** Ends every autonomous session and lets none begin. Doing it again changes nothing. Returns the sessions it ended. */
export async function emergencyStop(ctx: Context, { by, reason, incidentId }: Change): Promise<readonly string[]> {
	await change(ctx, async (tx, before, now) => {
		if (before.state === "stop") return
		await set(tx, before, { state: "stop", reason, by, now, event: "emergency_stop" })
		await openNotice(tx, ctx.settings, {
			key: `emergency_stop ${before.revision + 1}`,
			kind: "emergency_stop",
			incidentId,
			severity: "critical",
			channels: ctx.settings.criticalChannels,
			summary: "Emergency stop: everything autonomous is halted",
			description: `${by.actor} stopped all autonomous sessions: ${reason}. Nothing begins again until a person releases the stop on the console.`,
			path: "/response",
			now,
		})
		await audit(tx, "control.stop", { by, reason }, now)
	})
	return follow(ctx, "The stop stands and the gate is closed")
}

/** Holds every working session. @throws ObservatoryError `conflict` while an emergency stop stands */
export async function pauseSessions(ctx: Context, { by, reason }: Change): Promise<readonly string[]> {
	await change(ctx, async (tx, before, now) => {
		if (before.state === "stop")
			throw new ObservatoryError("conflict", "An emergency stop stands; there is nothing to pause.")
		if (before.state === "pause") return
		await set(tx, before, { state: "pause", reason, by, now })
		await audit(tx, "control.pause", { by, reason }, now)
	})
	return follow(ctx, "Autonomous sessions are asked to pause")
}

/** A person lets paused sessions go on. @throws ObservatoryError `conflict` when they are not paused */
export async function resumeSessions(ctx: Context, { by, reason }: Change): Promise<readonly string[]> {
	await change(ctx, async (tx, before, now) => {
		if (before.state !== "pause") throw new ObservatoryError("conflict", "Autonomous sessions are not paused.")
		await set(tx, before, { state: "run", reason, by, now, pausedSessions: before.pausedSessions })
		await audit(tx, "control.resume", { by, reason }, now)
	})
	return follow(ctx, "Autonomous sessions may go on")
}

/** A person lifts an emergency stop. Ended sessions stay ended; new ones may begin. @throws ObservatoryError `conflict` */
export function releaseStop(ctx: Context, { by, reason }: Change): Promise<void> {
	return change(ctx, async (tx, before, now) => {
		if (before.state !== "stop") throw new ObservatoryError("conflict", "No emergency stop stands.")
		await set(tx, before, { state: "run", reason, by, now, event: "emergency_stop_released" })
		await endNotices(tx, { kinds: ["emergency_stop"], now })
		await audit(tx, "control.release", { by, reason }, now)
	})
}

/** What the state asks for is done in the monitored database; when that is away, the person learns what holds already. */
async function follow(ctx: Context, holds: string): Promise<readonly string[]> {
	try {
		return await applyToSessions(ctx)
	} catch (error) {
		throw new ObservatoryError(
			"unavailable",
			`${holds}, but the sessions' rows cannot be changed: ${messageOf(error)}`,
			{
				advice: "It is tried again until it is done; sessions that ask the gate or GET /api/control know already.",
				cause: error,
			},
		)
	}
}

const audit = (tx: Transaction, action: string, { by, reason }: Pick<Change, "by" | "reason">, at: Date) =>
	appendAudit(tx, { by, action, target: "autonomous sessions", details: { reason }, at })

function change<T>(ctx: Context, work: (tx: Transaction, before: Control, now: Date) => Promise<T>): Promise<T> {
	return ctx.db.transaction(async (tx) => {
		await tx.select().from(control).for("update")
		return work(tx, await readControl({ db: tx }), new Date(ctx.clock.now()))
	})
}

interface Next {
	readonly state: Control["state"]
	readonly reason: string
	readonly by: Who
	readonly now: Date
	readonly pausedSessions?: readonly string[]
	readonly event?: NonNullable<Applied["event"]>["type"]
}

async function set(
	tx: Transaction,
	before: Control,
	{ state, reason, by, now, pausedSessions = [], event }: Next,
): Promise<void> {
	const revision = before.revision + 1
	await tx
		.update(control)
		.set({ state, reason, revision, changedBy: by.actor, changedAt: now, pausedSessions })
		.where(eq(control.only, true))
	const told = event && { event: { type: event, by: by.actor, reason, at: now.toISOString() } }
	await enqueue(tx, "control.apply", { revision, ...told }, { key: String(revision) })
}
