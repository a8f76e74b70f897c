import { and, count, desc, eq, gt, lt, ne, sql } from "drizzle-orm"
import { z } from "zod"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { cursor, wholeNumber } from "../../domain/input.ts"
import { SEVERITIES, type Severity } from "../../domain/severity.ts"
import { type IncidentSearch, indexedConditions, readConditions, readsEach, searchInput } from "./search.ts"

export type Incident = typeof incidents.$inferSelect

/** Filters of a list of incidents, as a query string gives them. */
export const listIncidentsInput = z.object({
	...searchInput.shape,
	status: z.enum(["firing", "resolved"]).optional(),
	alertname: z.string().min(1).max(1_000).optional(),
	limit: wholeNumber(1, 200).default(50),
	cursor,
})
export type ListIncidents = z.input<typeof listIncidentsInput>

/** The most incidents that a page reads one after the other. */
const MOST_READ = 20_000

/**
 * A page of incidents, newest first. `nextCursor` is null on the last one. A search of texts or labels reads a bounded
 * number of incidents for one page, which may then have fewer matches than its limit, or none, and still a cursor.
 */
export async function listIncidents(
	{ db }: Pick<Context, "db">,
	{ status, alertname, limit = 50, cursor, ...search }: Partial<z.output<typeof listIncidentsInput>>,
) {
	const indexed = and(
		status && eq(incidents.status, status),
		alertname === undefined ? undefined : eq(incidents.alertname, alertname),
		indexedConditions(search),
		cursor === undefined ? undefined : lt(incidents.id, cursor),
	)
	const [beyond] = readsEach(search)
		? await db
				.select({ id: incidents.id })
				.from(incidents)
				.where(indexed)
				.orderBy(desc(incidents.id))
				.offset(MOST_READ)
				.limit(1)
		: []
	const rows = await db
		.select()
		.from(incidents)
		.where(and(indexed, beyond && gt(incidents.id, beyond.id), readConditions(search)))
		.orderBy(desc(incidents.id))
		.limit(limit + 1)
	const page = rows.slice(0, limit)
	const next = rows.length > limit ? page.at(-1)?.id : beyond && beyond.id + 1
	return { incidents: page, nextCursor: next ?? null }
}

/** The order in which open incidents need people: not acknowledged first, then the most severe, then the newest. */
const byNeed = [
	sql`${incidents.severity} = 'info'`,
	sql`${incidents.acknowledgedAt} is not null`,
	sql`array_position(array['critical', 'warning', 'info', 'other'], ${incidents.severity})`,
	desc(incidents.id),
]

/**
 * The open incidents that match a search and need people most, how many match, and how many of all wait or are
 * acknowledged.
 */
export async function listOpen({ db }: Pick<Context, "db">, limit: number, search: IncidentSearch = {}) {
	const firing = eq(incidents.status, "firing")
	const needsResponse = ne(incidents.severity, "info")
	const matching = and(firing, indexedConditions(search), readConditions(search))
	const [open, [found], [counts]] = await Promise.all([
		db
			.select()
			.from(incidents)
			.where(matching)
			.orderBy(...byNeed)
			.limit(limit),
		db.select({ n: count() }).from(incidents).where(matching),
		db
			.select({
				waiting: sql<number>`(count(*) filter (where ${incidents.acknowledgedAt} is null))::int`,
				acknowledged: sql<number>`(count(*) filter (where ${incidents.acknowledgedAt} is not null))::int`,
			})
			.from(incidents)
			.where(and(firing, needsResponse)),
	])
	return {
		incidents: open,
		matching: found?.n ?? 0,
		waiting: counts?.waiting ?? 0,
		acknowledged: counts?.acknowledged ?? 0,
	}
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
