import { and, asc, eq, gte, inArray, lte, notExists } from "drizzle-orm"
import { incidentAnomalies, incidents, type StoredAssessment } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { scoreAll } from "../../domain/anomaly/detectors.ts"
import { type Subject, subjectOf } from "../../domain/anomaly/subjects.ts"
import { record } from "../../store/record.ts"
import type { ScoredAlerts } from "./alerts.ts"
import type { Histories } from "./histories.ts"

/** How long after its start an incident may still be scored; Prometheus may have been down. */
const WITHIN_MS = 24 * 3_600_000
/** Incidents in one run, so that a storm of alerts does not overload Prometheus. */
const AT_ONCE = 50
/** The maximum of subjects for one incident. */
const SUBJECTS_EACH = 5

export interface Scoring {
	readonly alerts: ScoredAlerts
	readonly histories: Histories
}

/**
 * Attaches the anomaly scores of incidents: how unusual the values behind their alerts were at the start. Each incident
 * once, by any replica. Incidents are not locked meanwhile, so intake never waits for Prometheus. Returns how many were
 * scored.
 *
 * @throws ObservatoryError when Prometheus does not answer; the remaining ones are retried
 */
export async function scoreIncidents(ctx: Context, { alerts, histories }: Scoring): Promise<number> {
	const paths = await alerts.paths()
	const waiting = await unscoredIncidents(ctx, [...paths.keys()])
	const known = new Map<string, StoredAssessment>()
	/** Incidents of one evaluation share their start, and so their values. */
	const once = async (subject: Subject, at: number) => {
		const key = `${at} ${subject.expr}`
		const assessment = known.get(key) ?? (await assess(ctx, histories, subject, at))
		known.set(key, assessment)
		return assessment
	}
	let attached = 0
	let rejected: unknown
	for (const { id, alertname, labels, startsAt } of waiting)
		try {
			const assessments: StoredAssessment[] = []
			for (const path of (paths.get(alertname) ?? []).slice(0, SUBJECTS_EACH))
				assessments.push(await once(subjectOf(path, labels), startsAt.getTime()))
			if (await attach(ctx, id, assessments)) attached++
		} catch (error) {
			// A query that Prometheus rejects for one incident must not block the others.
			if (!(error instanceof ObservatoryError && error.code === "source_rejected")) throw error
			rejected ??= error
		}
	if (rejected !== undefined) throw rejected
	return attached
}

const unscoredIncidents = (ctx: Context, alertnames: readonly string[]) =>
	alertnames.length === 0
		? []
		: ctx.db
				.select({
					id: incidents.id,
					alertname: incidents.alertname,
					labels: incidents.labels,
					startsAt: incidents.startsAt,
				})
				.from(incidents)
				.where(
					and(
						gte(incidents.startsAt, new Date(ctx.clock.now() - WITHIN_MS)),
						// An alert may have any start; a future one cannot be queried.
						lte(incidents.startsAt, new Date(ctx.clock.now())),
						inArray(incidents.alertname, [...alertnames]),
						notExists(
							ctx.db
								.select({ id: incidentAnomalies.incidentId })
								.from(incidentAnomalies)
								.where(eq(incidentAnomalies.incidentId, incidents.id)),
						),
					),
				)
				.orderBy(asc(incidents.id))
				.limit(AT_ONCE)

/** One subject at one moment, compared with the 30 days before. */
async function assess(ctx: Context, histories: Histories, subject: Subject, at: number): Promise<StoredAssessment> {
	const { path, labels, expr } = subject
	const { points } = await histories.before(expr, at)
	const [element] = await ctx.clients.prometheus.query(expr, { at })
	const value = element !== undefined && Number.isFinite(element.value) ? element.value : undefined
	return {
		subject: path,
		labels,
		value: value ?? null,
		historyPoints: points.length,
		scores: scoreAll(points, value),
	}
}

async function attach(ctx: Context, incidentId: number, assessments: readonly StoredAssessment[]): Promise<boolean> {
	const now = new Date(ctx.clock.now())
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(incidentAnomalies)
			.values({ incidentId, assessments, scoredAt: now })
			.onConflictDoNothing()
			.returning({ id: incidentAnomalies.incidentId })
		if (!row) return false
		await record(tx, [{ incidentId, event: { kind: "scored", assessments }, at: now }])
		return true
	})
}
