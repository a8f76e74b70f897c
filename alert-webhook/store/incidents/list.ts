import { and, count, desc, eq, lt, ne, sql } from "drizzle-orm"
import { z } from "zod"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { cursor, wholeNumber } from "../../domain/input.ts"
import { SEVERITIES, type Severity } from "../../domain/severity.ts"

export type Incident = typeof incidents.$inferSelect

/** Filters of a list of incidents, as a query string gives them. */
export const listIncidentsInput = z.object({
	status: z.enum(["firing", "resolved"]).optional(),
	severity: z.enum(SEVERITIES).optional(),
	alertname: z.string().min(1).max(1_000).optional(),
	limit: wholeNumber(1, 200).default(50),
	cursor,
})
export type ListIncidents = z.input<typeof listIncidentsInput>

/** A page of incidents, newest first. `nextCursor` is null on the last one. */
export async function listIncidents({ db }: Pick<Context, "db">, input: ListIncidents) {
	const { status, severity, alertname, limit, cursor } = listIncidentsInput.parse(input)
	const rows = await db
		.select()
		.from(incidents)
		.where(
			and(
				status && eq(incidents.status, status),
				severity && eq(incidents.severity, severity),
				alertname === undefined ? undefined : eq(incidents.alertname, alertname),
				cursor === undefined ? undefined : lt(incidents.id, cursor),
			),
		)
		.orderBy(desc(incidents.id))
		.limit(limit + 1)
	const page = rows.slice(0, limit)
	return { incidents: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

/** The order in which open incidents need people: not acknowledged first, then the most severe, then the newest. */
const byNeed = [
	sql`${incidents.severity} = 'info'`,
	sql`${incidents.acknowledgedAt} is not null`,
	sql`array_position(array['critical', 'warning', 'info', 'other'], ${incidents.severity})`,
	desc(incidents.id),
]

/** The open incidents that need people most, and how many wait or are acknowledged. */
export async function listOpen({ db }: Pick<Context, "db">, limit: number) {
	const firing = eq(incidents.status, "firing")
	const needsResponse = ne(incidents.severity, "info")
	const [open, [counts]] = await Promise.all([
		db
			.select()
			.from(incidents)
			.where(firing)
			.orderBy(...byNeed)
			.limit(limit),
		db
			.select({
				waiting: sql<number>`(count(*) filter (where ${incidents.acknowledgedAt} is null))::int`,
				acknowledged: sql<number>`(count(*) filter (where ${incidents.acknowledgedAt} is not null))::int`,
			})
			.from(incidents)
			.where(and(firing, needsResponse)),
	])
	return { incidents: open, waiting: counts?.waiting ?? 0, acknowledged: counts?.acknowledged ?? 0 }
}

/** How many incidents are open, by severity. */
export async function countOpen({ db }: Pick<Context, "db">): Promise<Record<Severity, number>> {
	const rows = await db
		.select({ severity: incidents.severity, n: count() })
		.from(incidents)
		.where(eq(incidents.status, "firing"))
		.groupBy(incidents.severity)
	const counts = { critical: 0, warning: 0, info: 0, other: 0 }
	for (const { severity, n } of rows) counts[SEVERITIES.find((known) => known === severity) ?? "other"] += n
	return counts
}
