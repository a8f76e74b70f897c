import { and, isNull, lt } from "drizzle-orm"
import { escalationsLate } from "../../core/catalogue/subjects/incidents.ts"
import { escalations } from "../../core/db/schema/index.ts"
import type { Context } from "../context.ts"
import { bump } from "../counters/bump.ts"
import { stepEscalation } from "./step.ts"

/** A step that is later than this should have been done. */
const LATE_MS = 30_000

/** Finds escalations that should have moved and did not, whatever became of their jobs, and moves them. */
export async function auditEscalations(ctx: Context): Promise<void> {
	const late = await ctx.db
		.select({ incidentId: escalations.incidentId })
		.from(escalations)
		.where(and(isNull(escalations.endedAt), lt(escalations.nextAt, new Date(ctx.clock.now() - LATE_MS))))
	for (const { incidentId } of late) {
		ctx.log.warn({ incident: incidentId }, "an escalation is late and is moved now")
		await ctx.db.transaction((tx) => bump(tx, escalationsLate, {}))
		await stepEscalation(ctx, { incidentId })
	}
}
