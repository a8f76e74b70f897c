import { and, eq, gte, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm"
import { z } from "zod"
import { incidents, type Matcher } from "../../../core/db/schema/index.ts"
import { cleanText } from "../../../core/lib/plain-text.ts"
import { instant } from "../../domain/input.ts"
import { likePatterns, readMatchers } from "../../domain/matchers.ts"
import { SEVERITIES } from "../../domain/severity.ts"

export const SEARCH_STATES = ["not_acknowledged", "acknowledged"] as const

/** A search of incidents, as a query string gives it. All of it must match. */
export const searchInput = z.object({
	/** Part of the alert's name, its summary or its description; upper and lower case are the same. */
	q: z.string().trim().min(1).max(200).transform(cleanText).optional(),
	matchers: z
		.string()
		.max(2_000)
		.transform((text, ctx): Matcher[] => {
			const result = readMatchers(cleanText(text))
			if ("matchers" in result) return result.matchers
			ctx.addIssue({ code: "custom", message: result.problem })
			return z.NEVER
		})
		.optional(),
	state: z.enum(SEARCH_STATES).optional(),
	severity: z.enum(SEVERITIES).optional(),
	/** Its alert fired then or later. */
	from: instant.optional(),
	/** Its alert fired then or earlier. */
	to: instant.optional(),
})
export type IncidentSearch = z.output<typeof searchInput>

/** The conditions that an index serves, or that most rows meet or fail together. */
export const indexedConditions = ({ severity, from, to }: IncidentSearch): SQL | undefined =>
	and(
		severity && eq(incidents.severity, severity),
		from && gte(incidents.startsAt, from),
		to && lte(incidents.startsAt, to),
	)

/** Whether incidents have to be read one after the other. */
export const readsEach = ({ q, matchers, state }: IncidentSearch): boolean =>
	q !== undefined || matchers !== undefined || state !== undefined

/** The conditions for which each incident has to be read. */
export const readConditions = ({ q, matchers, state }: IncidentSearch): SQL | undefined =>
	and(
		q === undefined ? undefined : sql`strpos(lower(${SEARCHED}), lower(${q}::text)) > 0`,
		state && (state === "acknowledged" ? isNotNull : isNull)(incidents.acknowledgedAt),
		...(matchers ?? []).map(matcherCondition),
	)

const SEARCHED = sql`concat_ws(' ', ${incidents.alertname}, ${incidents.annotations} ->> 'summary', ${incidents.annotations} ->> 'description')`

/** Means the same as `matches`. */
function matcherCondition({ name, op, value }: Matcher): SQL {
	const label = sql`coalesce(${incidents.labels} ->> ${name}::text, '')`
	const meets = op.endsWith("~")
		? or(...likePatterns(value).map((pattern) => sql`${label} like ${pattern}::text`))
		: sql`${label} = ${value}::text`
	return op.startsWith("!") ? sql`not (${meets})` : sql`(${meets})`
}
