import { and, asc, eq, gt, inArray, lte } from "drizzle-orm"
import { toolCalls } from "../../core/db/schema/index.ts"
import type { Context, Transaction } from "../context.ts"
import type { Approvals } from "../domain/approvals.ts"

export type WaitingCall = typeof toolCalls.$inferSelect

/** Calls that wait for a person, the oldest first. */
export const listWaitingCalls = ({ db, clock }: Pick<Context, "db" | "clock">): Promise<WaitingCall[]> =>
	db
		.select()
		.from(toolCalls)
		.where(and(eq(toolCalls.state, "waiting"), gt(toolCalls.expiresAt, new Date(clock.now()))))
		.orderBy(asc(toolCalls.askedAt))
		.limit(100)

/** The call of a hash; undefined for an unknown one. */
export async function findCall({ db }: Pick<Context, "db">, hash: string): Promise<WaitingCall | undefined> {
	const [row] = await db.select().from(toolCalls).where(eq(toolCalls.hash, hash))
	return row
}

/** The decisions about the calls of a host that still wait for one. */
export async function decisionsFor(
	{ db, clock }: Pick<Context, "db" | "clock">,
	host: string,
): Promise<Approvals["decisions"]> {
	const rows = await db
		.select({ hash: toolCalls.hash, state: toolCalls.state })
		.from(toolCalls)
		.where(
			and(
				eq(toolCalls.host, host),
				inArray(toolCalls.state, ["approved", "refused"]),
				gt(toolCalls.expiresAt, new Date(clock.now())),
			),
		)
		.limit(100)
	return rows.map(({ hash, state }) => ({ hash, decision: state === "approved" ? "approved" : "refused" }))
}

/** Records that a call waits. False when it is known already. */
export async function insertCall(
	tx: Transaction,
	call: Pick<WaitingCall, "hash" | "host" | "body" | "askedAt" | "expiresAt">,
): Promise<boolean> {
	const rows = await tx
		.insert(toolCalls)
		.values({ ...call, state: "waiting" })
		.onConflictDoNothing()
		.returning({ hash: toolCalls.hash })
	return rows.length > 0
}

/** Decides about a call that waits. Undefined when it does not wait, or no longer: nothing changes then. */
export async function decideCall(
	tx: Transaction,
	{ hash, state, by, now }: { hash: string; state: "approved" | "refused"; by: string; now: Date },
): Promise<WaitingCall | undefined> {
	const [row] = await tx
		.update(toolCalls)
		.set({ state, decidedBy: by, decidedAt: now })
		.where(and(eq(toolCalls.hash, hash), eq(toolCalls.state, "waiting"), gt(toolCalls.expiresAt, now)))
		.returning()
	return row
}

/** Marks the calls without a decision in time, and returns them. */
export const expireWaiting = (tx: Transaction, now: Date): Promise<WaitingCall[]> =>
	tx
		.update(toolCalls)
		.set({ state: "expired" })
		.where(and(eq(toolCalls.state, "waiting"), lte(toolCalls.expiresAt, now)))
		.returning()
