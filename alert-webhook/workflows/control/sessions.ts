import { and, eq, sql } from "drizzle-orm"
import { control } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Told } from "../../clients/sessions.ts"
import type { Context } from "../../context.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { type Control, readControl } from "../../store/control.ts"
import { agree } from "./converge.ts"
import { noteUndone } from "./pending.ts"

const NOTHING: Told = { ids: [], undone: [] }

/** Brings the rows of the sessions in line with the state that holds. */
export async function agreeSessions(ctx: Context, { wait }: { readonly wait: boolean }): Promise<Told> {
	const rounds = await agree(ctx, { what: "sessions", wait }, (state) => round(ctx, state))
	const last = rounds.at(-1)
	if (last) await noteUndone(ctx, "sessions", last.undone)
	return { ids: rounds.flatMap(({ ids }) => ids), undone: last?.undone ?? [] }
}

/**
 * Keeps a stop and a pause whole: a session that begins while one stands is ended, or held, as well. What could not be
 * done at once is done as soon as it can be.
 *
 * @throws ObservatoryError `unavailable` with everything that cannot be done
 */
export async function keepSessions(ctx: Context): Promise<void> {
	const { state, pausedSessions, undone: before } = await readControl(ctx)
	if (state === "run" && pausedSessions.length === 0 && before.sessions.length === 0) return
	const { ids, undone } = await agreeSessions(ctx, { wait: false })
	if (ids.length > 0) ctx.log.warn({ state, sessions: ids }, "sessions that did not know better were told")
	if (undone.length > 0) throw new ObservatoryError("unavailable", undone.join(" "))
}

async function round(ctx: Context, { state, revision, pausedSessions }: Control): Promise<Told> {
	const { sessions } = ctx.outside
	const now = new Date(ctx.clock.now())
	if (state === "stop") {
		const ended = await sessions.stop(now)
		await audited(ctx, "sessions.stopped", ended.ids, now)
		if (ended.undone.length === 0) await forget(ctx, pausedSessions)
		return ended
	}
	if (state === "pause") {
		const working = await sessions.working()
		if (working.ids.length === 0) return working
		// Remembered before they are held: exactly these go on again, even if this process ends in between.
		if (!(await remember(ctx, revision, working.ids))) return NOTHING
		ctx.reached("sessions.remembered")
		const held = await sessions.pause(working.ids, now)
		await audited(ctx, "sessions.paused", held.ids, now)
		return { ids: held.ids, undone: [...new Set([...working.undone, ...held.undone])] }
	}
	if (pausedSessions.length === 0) return NOTHING
	const resumed = await sessions.resume(pausedSessions, now)
	await audited(ctx, "sessions.resumed", resumed.ids, now)
	if (resumed.undone.length === 0) await forget(ctx, pausedSessions)
	return resumed
}

/** Adds to the sessions that go on again; false when another revision holds by now, for which they must not be held. */
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

/** They are ended, or go on. Only these: others may have been remembered meanwhile. */
async function forget({ db }: Context, ids: readonly string[]): Promise<void> {
	if (ids.length === 0) return
	const left = sql`${control.pausedSessions} - array(select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`
	await db.update(control).set({ pausedSessions: left })
}

async function audited(ctx: Context, action: string, sessions: readonly string[], at: Date): Promise<void> {
	if (sessions.length === 0) return
	ctx.reached("sessions.told")
	await ctx.db.transaction((tx) =>
		appendAudit(tx, { by: SYSTEM, action, target: "autonomous sessions", details: { sessions }, at }),
	)
}
