import { isDeepStrictEqual } from "node:util"
import { eq } from "drizzle-orm"
import { brakes as table } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { withTimeout } from "../../../core/lib/timeout.ts"
import type { Brake, Limit } from "../../clients/brakes/brake.ts"
import type { Context } from "../../context.ts"
import { type Control, readControl } from "../../store/control.ts"
import { converge } from "./converge.ts"
import { pendingFor, recordPending } from "./pending.ts"

/** The time limit of one brake's round: shorter than the wait for the lock of the control state. */
const PATIENCE_MS = 8_000

/**
 * Applies the control state to the brakes at the model's side: a stop sets each limit to zero, its release restores it
 * exactly. Returns the problems; one brake's does not delay the others.
 */
export async function convergeBrakes(ctx: Context, { wait }: { readonly wait: boolean }): Promise<readonly string[]> {
	const rounds = await converge(ctx, { what: "brakes", wait }, (state) => round(ctx, state))
	const pending = rounds.at(-1)
	if (pending) await recordPending(ctx, "brakes", pending)
	return pending ?? []
}

/** Applies what failed, or what a process did not complete before it died. */
export async function applyToBrakes(ctx: Context): Promise<void> {
	const { state, pending } = await readControl(ctx)
	const rows = await ctx.db.select().from(table)
	const { brakes } = ctx.clients
	const done =
		state === "stop"
			? brakes.every(({ name }) => rows.some((row) => row.name === name && row.closed))
			: rows.length === 0
	if (done && (pending.brakes ?? []).length === 0) return
	const problems = await convergeBrakes(ctx, { wait: false })
	if (problems.length > 0) throw new ObservatoryError("unavailable", problems.join(" "))
}

type Row = typeof table.$inferSelect

async function round(ctx: Context, { state }: Control): Promise<readonly string[]> {
	const { brakes } = ctx.clients
	const rows = await ctx.db.select().from(table)
	const rowOf = (name: string) => rows.find((row) => row.name === name)
	const problems = await Promise.all(
		brakes.map((brake) =>
			attempt(brake, (signal) =>
				state === "stop"
					? close(ctx, brake, rowOf(brake.name), signal)
					: restore(ctx, brake, rowOf(brake.name), signal),
			),
		),
	)
	const lost = state === "stop" ? [] : rows.filter(({ name }) => !brakes.some((brake) => brake.name === name))
	return [
		...problems.flatMap((problem) => problem ?? []),
		...lost.map(
			({ name, former }) =>
				`The brake ${name} is no longer in BRAKES_CONFIG, so its limit is still zero. It was ${JSON.stringify(former)}: configure the brake again.`,
		),
	]
}

async function attempt(brake: Brake, work: (signal: AbortSignal) => Promise<void>): Promise<string | undefined> {
	try {
		await withTimeout({ ms: PATIENCE_MS, message: `no answer within ${PATIENCE_MS / 1000} s` }, work)
		return undefined
	} catch (error) {
		return `The brake ${brake.name} (${brake.place}) does not follow: ${pendingFor(error)}`
	}
}

/** The former limit is stored before it is changed, and never replaced: a second stop would read our own zero. */
async function close({ db, reached }: Context, brake: Brake, row: Row | undefined, signal: AbortSignal): Promise<void> {
	if (row?.closed) return
	const { name, closed } = brake
	if (row === undefined) {
		await db
			.insert(table)
			.values({ name, former: await brake.read(signal) })
			.onConflictDoNothing()
		reached("brake.claimed")
	}
	await write(brake, closed, signal)
	reached("brake.updated")
	await db.update(table).set({ closed: true }).where(eq(table.name, name))
}

async function restore(
	{ db, reached }: Context,
	brake: Brake,
	row: Row | undefined,
	signal: AbortSignal,
): Promise<void> {
	if (row === undefined) return
	// From here on a new stop has to close it again, whatever becomes of this.
	await db.update(table).set({ closed: false }).where(eq(table.name, brake.name))
	await write(brake, row.former, signal)
	reached("brake.updated")
	await db.delete(table).where(eq(table.name, brake.name))
}

/** Writes the limit and reads it back: an answer of 200 alone proves nothing. */
async function write(brake: Brake, limit: Limit, signal: AbortSignal): Promise<void> {
	await brake.write(limit, signal)
	const now = await brake.read(signal)
	if (isDeepStrictEqual(now, limit)) return
	throw new ObservatoryError("source_rejected", `it accepted the change, and still shows ${JSON.stringify(now)}`)
}
