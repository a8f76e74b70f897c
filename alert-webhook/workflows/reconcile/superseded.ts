import { and, eq, gt, lte, min } from "drizzle-orm"
import { alias } from "drizzle-orm/pg-core"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { SUPERSEDED } from "../../store/incidents/record-alerts.ts"
import { closeIncidents } from "./close.ts"

/**
 * Closes open incidents beside a newer one of the same alert. The intake does so itself, unless two replicas each
 * ingested one of them at the same moment, or the newer one started in the future.
 */
export async function closeSuperseded(ctx: Context): Promise<void> {
	const later = alias(incidents, "later")
	const isLater = and(
		eq(later.status, "firing"),
		eq(later.fingerprint, incidents.fingerprint),
		gt(later.startsAt, incidents.startsAt),
		lte(later.startsAt, new Date(ctx.clock.now())),
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
