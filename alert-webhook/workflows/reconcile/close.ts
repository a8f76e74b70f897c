import { and, eq, inArray, sql } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { record } from "../../store/record.ts"
import { onResolved } from "../lifecycle/lifecycle.ts"

export interface Closing {
	readonly id: number
	/** The best known end; milliseconds since the epoch. */
	readonly endedAt: number
	/** The reason, for the timeline and the audit log. */
	readonly reason: string
}

/** Incidents closed in one transaction, which locks the head of the audit chain. */
const AT_ONCE = 100

/**
 * Closes incidents that no notification will close, each with its reason in the timeline and in the audit log. One that
 * is resolved by now is skipped. Returns how many were closed.
 */
export async function closeIncidents(ctx: Context, closings: readonly Closing[]): Promise<number> {
	let closed = 0
	// In one order everywhere, so that two replicas cannot deadlock.
	const sorted = [...closings].sort((a, b) => a.id - b.id)
	for (let from = 0; from < sorted.length; from += AT_ONCE)
		closed += await close(ctx, sorted.slice(from, from + AT_ONCE))
	return closed
}

async function close(ctx: Context, closings: readonly Closing[]): Promise<number> {
	const now = new Date(ctx.clock.now())
	const wanted = closings.map(({ id }) => id)
	return ctx.db.transaction(async (tx) => {
		const locked = await tx
			.select({ id: incidents.id })
			.from(incidents)
			.where(and(inArray(incidents.id, wanted), eq(incidents.status, "firing")))
			.orderBy(incidents.id)
			.for("update")
		const open = closings.filter(({ id }) => locked.some((row) => row.id === id))
		if (open.length === 0) return 0
		for (const { id, endedAt } of open)
			await tx
				.update(incidents)
				.set({
					status: "resolved",
					// Never before its start, with any clocks.
					endsAt: sql`greatest(${incidents.startsAt}, ${new Date(endedAt)}::timestamptz)`,
					resolvedAt: now,
					updatedAt: now,
				})
				.where(eq(incidents.id, id))
		const ids = open.map(({ id }) => id)
		await onResolved(tx, ctx.settings, ids, now)
		await record(
			tx,
			open.map(({ id, reason }) => ({ incidentId: id, event: { kind: "resolved", reason }, at: now })),
		)
		return open.length
	})
}
