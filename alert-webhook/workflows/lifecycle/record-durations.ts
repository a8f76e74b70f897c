import { and, asc, eq, inArray, isNull, lte, min, notExists, or, sql } from "drizzle-orm"
import {
	incidentAcknowledgement,
	incidentDetection,
	incidentResolution,
} from "../../../core/catalogue/subjects/incidents.ts"
import { incidents, incidentTimeline, remediations } from "../../../core/db/schema/index.ts"
import { Tally } from "../../../core/metrics/durable.ts"
import type { Context } from "../../context.ts"
import { severityOf } from "../../domain/severity.ts"
import { keepCounted } from "../../store/counters/counted.ts"

const AT_ONCE = 500

/** A verdict on an open incident also acknowledges it; a later verdict does not. */
const isAcknowledging = or(
	eq(incidentTimeline.kind, "acknowledged"),
	and(eq(incidentTimeline.kind, "closed"), lte(incidentTimeline.at, incidents.resolvedAt)),
)

/**
 * Records the durations of resolved incidents, each once, by any replica. Apart from the intake, so that a storm does
 * not queue for a few rows of counters. Returns how many were recorded.
 */
export async function recordDurations(ctx: Context): Promise<number> {
	return ctx.db.transaction(async (tx) => {
		// The result of a remediation is known a little after the incident is resolved.
		const undecided = tx
			.select({ id: remediations.id })
			.from(remediations)
			.where(
				and(
					eq(remediations.incidentId, incidents.id),
					inArray(remediations.state, ["approved", "running", "verifying"]),
				),
			)
		const resolved = await tx
			.select()
			.from(incidents)
			.where(and(eq(incidents.status, "resolved"), isNull(incidents.countedAt), notExists(undecided)))
			.orderBy(asc(incidents.id))
			.limit(AT_ONCE)
			.for("update", { skipLocked: true })
		if (resolved.length === 0) return 0
		const ids = resolved.map((incident) => incident.id)
		const acknowledged = await tx
			.select({ id: incidentTimeline.incidentId, at: min(incidentTimeline.at) })
			.from(incidentTimeline)
			.innerJoin(incidents, eq(incidents.id, incidentTimeline.incidentId))
			.where(and(inArray(incidentTimeline.incidentId, ids), isAcknowledging))
			.groupBy(incidentTimeline.incidentId)
		const succeeded = await tx
			.select({ id: remediations.incidentId })
			.from(remediations)
			.where(and(inArray(remediations.incidentId, ids), eq(remediations.state, "succeeded")))
		const tally = new Tally()
		for (const { id, severity: text, startsAt, receivedAt, endsAt, resolvedAt } of resolved) {
			const severity = severityOf(text)
			const seconds = (from: Date, to: Date) => Math.max(0, (to.getTime() - from.getTime()) / 1000)
			tally.observe(incidentDetection, { severity }, seconds(startsAt, receivedAt))
			const remediated = succeeded.some((row) => row.id === id) ? "yes" : "no"
			tally.observe(incidentResolution, { severity, remediated }, seconds(startsAt, endsAt ?? resolvedAt ?? startsAt))
			const first = acknowledged.find((row) => row.id === id)?.at
			if (first) tally.observe(incidentAcknowledgement, { severity }, seconds(receivedAt, first))
		}
		await keepCounted(tx, tally)
		await tx.update(incidents).set({ countedAt: sql`now()` }).where(inArray(incidents.id, ids))
		return ids.length
	})
}
