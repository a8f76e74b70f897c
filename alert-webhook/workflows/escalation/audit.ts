import { and, asc, isNull, lt } from "drizzle-orm"
import { escalations } from "../../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { LATE_MS, stepEscalation } from "./step.ts"

/**
 * Finds late escalations, independent of their jobs, and moves them. A failure of one does not block the others.
 *
 * @throws ObservatoryError `internal`, after all of them, when some failed
 */
export async function auditEscalations(ctx: Context): Promise<void> {
	const late = await ctx.db
		.select({ incidentId: escalations.incidentId })
		.from(escalations)
		.where(and(isNull(escalations.endedAt), lt(escalations.nextAt, new Date(ctx.clock.now() - LATE_MS))))
		.orderBy(asc(escalations.nextAt))
	const failures: { readonly incidentId: number; readonly cause: unknown }[] = []
	for (const { incidentId } of late)
		await stepEscalation(ctx, { incidentId }).catch((cause: unknown) => failures.push({ incidentId, cause }))
	const [first] = failures
	if (!first) return
	const which = `${failures.length} late escalations cannot be moved, such as that of incident ${first.incidentId}`
	throw new ObservatoryError("internal", `${which}: ${messageOf(first.cause)}`, { cause: first.cause })
}
