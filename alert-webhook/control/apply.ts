import { and, eq } from "drizzle-orm"
import { control } from "../../core/db/schema/index.ts"
import { appendAudit, SYSTEM } from "../audit/append.ts"
import type { Context } from "../context.ts"
import { readControl } from "./read.ts"

/** What a change has to be followed by, as its job carries it. */
export interface Applied {
	readonly revision: number
	/** The event of this change, if it is one that the autonomous system is told of. */
	readonly event?: {
		readonly type: "emergency_stop" | "emergency_stop_released"
		readonly by: string
		readonly reason: string
		readonly at: string
	}
}

/**
 * Makes the world agree with the state that holds now, whatever it was when the job was added: run late, or twice, or
 * out of order, it ends right. What cannot be reached does not keep the rest from being done.
 */
export async function applyControl(ctx: Context, { revision, event }: Applied): Promise<void> {
	const { state } = await readControl(ctx)
	const done = await Promise.allSettled([
		applyToSessions(ctx),
		ctx.outside.workflow?.set(state !== "stop"),
		event && ctx.outside.sessions.record({ ...event, revision, at: new Date(event.at) }),
	])
	for (const result of done) if (result.status === "rejected") throw result.reason
}

/** Brings the rows of the sessions in line with the state that holds now. Returns the ids of those that changed. */
export async function applyToSessions(ctx: Context): Promise<readonly string[]> {
	const { state, revision, pausedSessions } = await readControl(ctx)
	const { sessions } = ctx.outside
	const now = new Date(ctx.clock.now())
	const remember = (ids: readonly string[]) =>
		ctx.db
			.update(control)
			.set({ pausedSessions: ids })
			.where(and(eq(control.only, true), eq(control.revision, revision)))
	if (state === "stop") {
		const ended = await sessions.stop(now)
		if (ended.length > 0) await audited(ctx, "sessions.stopped", ended, now)
		return ended
	}
	if (state === "pause") {
		// Remembered before they are held: exactly these go on again, even if this process ends in between.
		const working = await sessions.working()
		if (working.length === 0) return []
		await remember([...new Set([...pausedSessions, ...working])])
		await sessions.pause(working, now)
		await audited(ctx, "sessions.paused", working, now)
		return working
	}
	if (pausedSessions.length === 0) return []
	const resumed = await sessions.resume(pausedSessions, now)
	await remember([])
	if (resumed.length > 0) await audited(ctx, "sessions.resumed", resumed, now)
	return resumed
}

function audited(ctx: Context, action: string, sessions: readonly string[], at: Date): Promise<void> {
	return ctx.db.transaction(async (tx) => {
		await appendAudit(tx, { by: SYSTEM, action, target: "autonomous sessions", details: { sessions }, at })
	})
}
