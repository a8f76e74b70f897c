import { asc, eq } from "drizzle-orm"
import {
	incidentAnomalies,
	incidentClocks,
	incidentDeliveries,
	incidents,
	incidentTimeline,
} from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"

export type TimelineEntry = typeof incidentTimeline.$inferSelect

/**
 * One incident with its timeline in order, its clock and the acceptance by its channels, and its anomaly scores: null
 * until they are known, and for alerts about nothing that is scored.
 *
 * @throws ObservatoryError `not_found`
 */
export async function getIncident({ db }: Pick<Context, "db">, id: number) {
	const [incident] = await db.select().from(incidents).where(eq(incidents.id, id))
	if (!incident) throw new ObservatoryError("not_found", `There is no incident ${id}.`)
	// Before the timeline, which says that it was scored.
	const [anomaly] = await db
		.select({ scoredAt: incidentAnomalies.scoredAt, assessments: incidentAnomalies.assessments })
		.from(incidentAnomalies)
		.where(eq(incidentAnomalies.incidentId, id))
	const timeline = await db
		.select()
		.from(incidentTimeline)
		.where(eq(incidentTimeline.incidentId, id))
		.orderBy(asc(incidentTimeline.at), asc(incidentTimeline.id))
	const [clock] = await db
		.select({
			onsetAt: incidentClocks.onsetAt,
			onset: incidentClocks.onset,
			onsetFrom: incidentClocks.onsetFrom,
			pendingAt: incidentClocks.pendingAt,
		})
		.from(incidentClocks)
		.where(eq(incidentClocks.incidentId, id))
	const notified = await db
		.select({
			channel: incidentDeliveries.channel,
			acceptedAt: incidentDeliveries.acceptedAt,
			evidence: incidentDeliveries.evidence,
		})
		.from(incidentDeliveries)
		.where(eq(incidentDeliveries.incidentId, id))
		.orderBy(asc(incidentDeliveries.acceptedAt), asc(incidentDeliveries.channel))
	return { ...incident, timeline, clock: clock ?? null, notified, anomaly: anomaly ?? null }
}
