import { and, eq, gt, lte, min, or } from "drizzle-orm"
import { alias } from "drizzle-orm/pg-core"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { SUPERSEDED } from "../../store/incidents/record-alerts.ts"
import { closeIncidents } from "./close.ts"

/** Longer than a transaction of the intake, whose statements end after 15 s. */
const OVERLAP_MS = 20_000

/**
 * Closes open incidents beside a newer one of the same alert. The intake does so itself, unless two replicas each
 * ingested one of them at the same moment, or the newer one started in the future. The first round compares all open
 * incidents, a later one those that were received or have started since: in a storm there are very many.
 */
export function watchSuperseded(ctx: Context): () => Promise<void> {
	let comparedAt: number | undefined
	return async () => {
		const now = ctx.clock.now()
		await closeSuperseded(ctx, new Date(comparedAt === undefined ? 0 : comparedAt - OVERLAP_MS))
		comparedAt = now
	}
}

async function closeSuperseded(ctx: Context, since: Date): Promise<void> {
	const later = alias(incidents, "later")
	const isLater = and(
		eq(later.status, "firing"),
		eq(later.fingerprint, incidents.fingerprint),
		gt(later.startsAt, incidents.startsAt),
		lte(later.startsAt, new Date(ctx.clock.now())),
		or(gt(later.receivedAt, since), gt(later.startsAt, since)),
	)
	const rows = await ctx.db
		.select({ id: incidents.id, endedAt: min(later.startsAt) })
		.from(incidents)
		.innerJoin(later, isLater)
		.where(eq(incidents.status, "firing"))
		.groupBy(incidents.id)
	await closeIncidents(
		ctx,
		rows.map(({ id, endedAt }) => ({ id, endedAt: endedAt?.getTime() ?? ctx.clock.now(), reason: SUPERSEDED })),
	)
}
