import { eq, inArray } from "drizzle-orm"
import { ACTIVE_STATES } from "../../core/catalogue/subjects/sessions.ts"
import { claudeSessions, control, events } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { appendAudit, type Who } from "../audit/append.ts"
import type { Context, Transaction } from "../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { endNotices } from "../notices/end.ts"
import { openNotice } from "../notices/open.ts"
import { type Control, readControl } from "./read.ts"

export interface Change {
	readonly by: Who
	readonly reason: string
	/** The incident that it is about, when it is about one. */
	readonly incidentId?: number | undefined
}

/** Ends every autonomous session and lets none begin. Doing it again changes nothing. Returns the sessions it ended. */
export function emergencyStop(ctx: Context, { by, reason, incidentId }: Change): Promise<readonly string[]> {
	return change(ctx, async (tx, before, now) => {
		if (before.state === "stop") return []
		await set(tx, before, { state: "stop", reason, by, now })
		const ended = await stopSessions(tx, now)
		const details = { source: "observatory", by: by.actor, reason, sessions: ended.length }
		await tx.insert(events).values({ type: "emergency_stop", details, createdAt: now })
		await openNotice(tx, ctx.settings, {
			key: `emergency_stop ${before.revision + 1}`,
			kind: "emergency_stop",
			incidentId,
			severity: "critical",
			channels: ctx.settings.criticalChannels,
			summary: "Emergency stop: everything autonomous is halted",
			description: `${by.actor} stopped ${ended.length} sessions: ${reason}. Nothing begins again until a person releases the stop on the console.`,
			path: "/response",
			now,
		})
		await appendAudit(tx, {
			by,
			action: "control.stop",
			target: "autonomous sessions",
			details: { reason, sessions: ended },
			at: now,
		})
		return ended
	})
}

/** Holds every working session. @throws ObservatoryError `conflict` while an emergency stop stands */
export function pauseSessions(ctx: Context, { by, reason }: Change): Promise<readonly string[]> {
	return change(ctx, async (tx, before, now) => {
		if (before.state === "stop")
			throw new ObservatoryError("conflict", "An emergency stop stands; there is nothing to pause.")
		if (before.state === "pause") return []
		const rows = await tx
			.update(claudeSessions)
			.set({ status: "paused", updatedAt: now })
			.where(inArray(claudeSessions.status, ["initializing", "running"]))
			.returning({ id: claudeSessions.id })
		const ids = rows.map((row) => row.id)
		await set(tx, before, { state: "pause", reason, by, now, pausedSessions: ids })
		await appendAudit(tx, {
			by,
			action: "control.pause",
			target: "autonomous sessions",
			details: { reason, sessions: ids },
			at: now,
		})
		return ids
	})
}

/** A person lets paused sessions go on. @throws ObservatoryError `conflict` when they are not paused */
export function resumeSessions(ctx: Context, { by, reason }: Change): Promise<readonly string[]> {
	return change(ctx, async (tx, before, now) => {
		if (before.state !== "pause") throw new ObservatoryError("conflict", "Autonomous sessions are not paused.")
		const rows = await tx
			.update(claudeSessions)
			.set({ status: "running", updatedAt: now })
			.where(inArray(claudeSessions.id, [...before.pausedSessions, ""]))
			.returning({ id: claudeSessions.id })
		await set(tx, before, { state: "run", reason, by, now })
		await appendAudit(tx, { by, action: "control.resume", target: "autonomous sessions", details: { reason }, at: now })
		return rows.map((row) => row.id)
	})
}

/** A person lifts an emergency stop. Ended sessions stay ended; new ones may begin. @throws ObservatoryError `conflict` */
export function releaseStop(ctx: Context, { by, reason }: Change): Promise<void> {
	return change(ctx, async (tx, before, now) => {
		if (before.state !== "stop") throw new ObservatoryError("conflict", "No emergency stop stands.")
		await set(tx, before, { state: "run", reason, by, now })
		const details = { source: "observatory", by: by.actor, reason }
		await tx.insert(events).values({ type: "emergency_stop_released", details, createdAt: now })
		await endNotices(tx, { kinds: ["emergency_stop"], now })
		await appendAudit(tx, {
			by,
			action: "control.release",
			target: "autonomous sessions",
			details: { reason },
			at: now,
		})
	})
}

/** Ends every session that still works or waits. */
export async function stopSessions(tx: Transaction | Context["db"], now: Date): Promise<string[]> {
	const rows = await tx
		.update(claudeSessions)
		.set({ status: "emergency_stopped", endedAt: now, updatedAt: now })
		.where(inArray(claudeSessions.status, [...ACTIVE_STATES]))
		.returning({ id: claudeSessions.id })
	return rows.map((row) => row.id)
}

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
}

async function set(
	tx: Transaction,
	before: Control,
	{ state, reason, by, now, pausedSessions = [] }: Next,
): Promise<void> {
	const revision = before.revision + 1
	await tx
		.update(control)
		.set({ state, reason, revision, changedBy: by.actor, changedAt: now, pausedSessions })
		.where(eq(control.only, true))
	await enqueue(tx, "control.apply", { revision }, { key: String(revision) })
}
