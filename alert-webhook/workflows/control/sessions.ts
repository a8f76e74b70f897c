import { and, eq, sql } from "drizzle-orm"
import { control } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { SessionResult } from "../../clients/sessions.ts"
import type { Context } from "../../context.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { type Control, readControl } from "../../store/control.ts"
import { converge } from "./converge.ts"
import { recordPending } from "./pending.ts"

const NOTHING: SessionResult = { ids: [], pending: [] }

/** Applies the control state to the sessions' rows. */
export async function convergeSessions(ctx: Context, { wait }: { readonly wait: boolean }): Promise<SessionResult> {
	const rounds = await converge(ctx, { what: "sessions", wait }, (state) => round(ctx, state))
	const last = rounds.at(-1)
	if (last) await recordPending(ctx, "sessions", last.pending)
	if (last) await recordPending(ctx, "gateOnly", last.gateOnly ?? [])
	return { ids: rounds.flatMap(({ ids }) => ids), pending: last?.pending ?? [], gateOnly: last?.gateOnly ?? [] }
}

/**
 * Applies the control state to sessions: during a stop or a pause, new ones are ended or paused as well. Failed changes
 * are retried.
 *
 * @throws ObservatoryError `unavailable` with every failed change
 */
export async function applyToSessions(ctx: Context): Promise<void> {
	const { state, pausedSessions, pending: before } = await readControl(ctx)
	if (state === "run" && pausedSessions.length === 0 && before.sessions.length === 0) return
	const { ids, pending } = await convergeSessions(ctx, { wait: false })
	if (ids.length > 0) ctx.log.warn({ state, sessions: ids }, "applied the control state to new sessions")
	if (pending.length > 0) throw new ObservatoryError("unavailable", pending.join(" "))
}

async function round(ctx: Context, { state, revision, pausedSessions }: Control): Promise<SessionResult> {
	const { sessions } = ctx.clients
	const now = new Date(ctx.clock.now())
	if (state === "stop") {
		const ended = await sessions.stop(now)
		await audited(ctx, "sessions.stopped", ended.ids, now)
		if (ended.pending.length === 0) await forget(ctx, pausedSessions)
		return ended
	}
	if (state === "pause") {
		const working = await sessions.working()
		// Stored before they are paused: exactly these are resumed, even if this process dies in between.
		if (working.ids.length > 0) {
			if (!(await remember(ctx, revision, working.ids))) return NOTHING
			ctx.reached("sessions.remembered")
		}
		const paused = await sessions.pause(working.ids, now)
		await audited(ctx, "sessions.paused", paused.ids, now)
		return { ...paused, pending: [...new Set([...working.pending, ...paused.pending])] }
	}
	if (pausedSessions.length === 0) return NOTHING
	const resumed = await sessions.resume(pausedSessions, now)
	await audited(ctx, "sessions.resumed", resumed.ids, now)
	if (resumed.pending.length === 0) await forget(ctx, pausedSessions)
	return resumed
}

/** Adds to the sessions to resume; false when the revision has changed, so that they must not be paused. */
async function remember({ db }: Context, revision: number, ids: readonly string[]): Promise<boolean> {
	const added = sql`(
		select coalesce(jsonb_agg(distinct id), '[]') from jsonb_array_elements_text(
			${control.pausedSessions} || ${JSON.stringify(ids)}::jsonb
		) as id)`
	const rows = await db
		.update(control)
		.set({ pausedSessions: added })
		.where(and(eq(control.only, true), eq(control.revision, revision)))
		.returning({ revision: control.revision })
	return rows.length > 0
}

/** They are ended or resumed. Only these: others may have been added meanwhile. */
async function forget({ db }: Context, ids: readonly string[]): Promise<void> {
	if (ids.length === 0) return
	const left = sql`${control.pausedSessions} - array(select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`
	await db.update(control).set({ pausedSessions: left })
}

async function audited(ctx: Context, action: string, sessions: readonly string[], at: Date): Promise<void> {
	if (sessions.length === 0) return
	ctx.reached("sessions.updated")
	await ctx.db.transaction((tx) =>
		appendAudit(tx, { by: SYSTEM, action, target: "autonomous sessions", details: { sessions }, at }),
	)
}
