import { and, asc, eq, exists, inArray, isNotNull, isNull, lte, min, notExists, or, type SQL, sql } from "drizzle-orm"
import {
	incidentAcknowledgement,
	incidentDetection,
	incidentResolution,
	incidentSteps,
} from "../../../core/catalogue/subjects/incidents.ts"
import {
	incidentClocks,
	incidentDeliveries,
	incidents,
	incidentTimeline,
	remediations,
} from "../../../core/db/schema/index.ts"
import { Tally } from "../../../core/metrics/durable.ts"
import type { Context, Transaction } from "../../context.ts"
import { severityOf } from "../../domain/severity.ts"
import { keepCounted } from "../../store/counters/counted.ts"

const AT_ONCE = 500

/** A verdict on an open incident also acknowledges it; a later verdict does not. */
const isAcknowledging = or(
	eq(incidentTimeline.kind, "acknowledged"),
	and(eq(incidentTimeline.kind, "closed"), lte(incidentTimeline.at, incidents.resolvedAt)),
)

/**
 * Records the durations of resolved incidents whose clock is closed, each once, by any replica. Apart from the intake, so that a storm does
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
		const isClosed = tx
			.select({ id: incidentClocks.incidentId })
			.from(incidentClocks)
			.where(and(eq(incidentClocks.incidentId, incidents.id), isNotNull(incidentClocks.closedAt)))
		const resolved = await tx
			.select()
			.from(incidents)
			.where(and(eq(incidents.status, "resolved"), isNull(incidents.countedAt), exists(isClosed), notExists(undecided)))
			.orderBy(asc(incidents.id))
			.limit(AT_ONCE)
			.for("update", { skipLocked: true })
		if (resolved.length === 0) return 0
		const ids = resolved.map((incident) => incident.id)
		const clocks = await tx.select().from(incidentClocks).where(inArray(incidentClocks.incidentId, ids))
		const acknowledged = await firstEvents(tx, ids, isAcknowledging)
		const remediated = await firstEvents(tx, ids, eq(incidentTimeline.kind, "remediation_verifying"))
		const verified = await firstEvents(tx, ids, eq(incidentTimeline.kind, "remediation_succeeded"))
		const notified = new Map(
			(
				await tx
					.select({ id: incidentDeliveries.incidentId, at: min(incidentDeliveries.acceptedAt) })
					.from(incidentDeliveries)
					.where(inArray(incidentDeliveries.incidentId, ids))
					.groupBy(incidentDeliveries.incidentId)
			).map(({ id, at }) => [id, at]),
		)
		const succeeded = await tx
			.select({ id: remediations.incidentId })
			.from(remediations)
			.where(and(inArray(remediations.incidentId, ids), eq(remediations.state, "succeeded")))
		const tally = new Tally()
		for (const incident of resolved) {
			const clock = clocks.find((one) => one.incidentId === incident.id)
			if (!clock) continue
			const { id, startsAt, receivedAt, endsAt, resolvedAt } = incident
			const severity = severityOf(incident.severity)
			const seconds = (from: Date, to: Date) => Math.max(0, (to.getTime() - from.getTime()) / 1000)
			const { onsetAt, onset, pendingAt } = clock
			const ended = endsAt ?? resolvedAt ?? startsAt
			const steps = {
				pending: pendingAt,
				fired: startsAt,
				received: receivedAt,
				notified: notified.get(id),
				acknowledged: acknowledged.get(id),
				remediated: remediated.get(id),
				verified: verified.get(id),
				resolved: ended,
			}
			for (const step of incidentSteps.labels.step.values) {
				const at = steps[step]
				if (at) tally.observe(incidentSteps, { severity, step }, seconds(onsetAt, at))
			}
			if (steps.notified) tally.observe(incidentDetection, { severity, onset }, seconds(onsetAt, steps.notified))
			const helped = succeeded.some((row) => row.id === id) ? "yes" : "no"
			tally.observe(incidentResolution, { severity, remediated: helped }, seconds(onsetAt, ended))
			if (steps.acknowledged)
				tally.observe(incidentAcknowledgement, { severity }, seconds(receivedAt, steps.acknowledged))
		}
		await keepCounted(tx, tally)
		await tx.update(incidents).set({ countedAt: sql`now()` }).where(inArray(incidents.id, ids))
		return ids.length
	})
}

/** The first event of a kind on the timeline of each incident that has one. */
async function firstEvents(tx: Transaction, ids: readonly number[], which: SQL | undefined) {
	const rows = await tx
		.select({ id: incidentTimeline.incidentId, at: min(incidentTimeline.at) })
		.from(incidentTimeline)
		.innerJoin(incidents, eq(incidents.id, incidentTimeline.incidentId))
		.where(and(inArray(incidentTimeline.incidentId, [...ids]), which))
		.groupBy(incidentTimeline.incidentId)
	return new Map(rows.map(({ id, at }) => [id, at]))
}
