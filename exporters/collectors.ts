import type pg from "pg"
import { reviewsPending } from "../core/catalogue/subjects/safety.ts"
import { sessionsActive } from "../core/catalogue/subjects/sessions.ts"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Collector } from "../core/metrics/collector.ts"
import type { OnRefuse } from "../core/metrics/family.ts"
import type { OnFold } from "../core/metrics/labels.ts"
import { insightStream, recommendationStream } from "./autonomous/analysis.ts"
import { eventStream } from "./autonomous/events.ts"
import { improvementStream } from "./autonomous/improvements.ts"
import { activeSessions, sessionStream } from "./autonomous/sessions.ts"
import { outcomeStream } from "./business/outcomes.ts"
import type { ComponentCheck } from "./health/components.ts"
import { databaseCollector } from "./health/database.ts"
import { databaseCheck } from "./health/database-check.ts"
import { healthCollector } from "./health/health.ts"
import { pendingReviews, reviewStream, rollbackStream, violationStream } from "./safety/streams.ts"
import { contractCollector, type Part, part } from "./sources/postgres/collector.ts"
import type { ReaderOptions } from "./sources/postgres/reader.ts"

export interface Sources {
	/** Ours, read-write. */
	readonly own: pg.Pool
	/** The monitored system's. */
	readonly source: pg.Pool
	/** To the same database as `source`, for the health check alone. */
	readonly probe: pg.Pool
	/** Components besides the database. */
	readonly components: readonly ComponentCheck[]
	readonly clock: Clock
	readonly log: Logger
	readonly reader?: Partial<ReaderOptions>
	/** Told of every label value of a row that was counted under `other`. */
	readonly onFold?: OnFold
	/** Told of every value of a row that was not used. */
	readonly onRefuse?: OnRefuse
	/** How long a counter with a new label value is shown at 0 before its value. */
	readonly zeroHoldMs?: number
}

/** Every collector that reads PostgreSQL, and the one that says how the components are. */
export function databaseCollectors(sources: Sources): Collector[] {
	const { clock, log } = sources
	const { onFold, onRefuse } = sources
	const options = { ...sources.reader, log, ...(onFold ? { onFold } : {}), ...(onRefuse ? { onRefuse } : {}) }
	const timing = sources.zeroHoldMs === undefined ? {} : { zeroHoldMs: sources.zeroHoldMs }
	const collector = (name: string, group: Collector["group"], ...parts: Part[]) =>
		contractCollector({ name, group, parts, clock, log, ...timing })
	return [
		healthCollector([databaseCheck(sources.probe, log), ...sources.components]),
		databaseCollector(sources.source),
		collector(
			"sessions",
			"autonomous",
			part(sources, sessionStream, options, { emits: [sessionsActive], of: activeSessions }),
		),
		collector(
			"analysis",
			"autonomous",
			part(sources, insightStream, options),
			part(sources, recommendationStream, options),
		),
		collector("improvements", "autonomous", part(sources, improvementStream, options)),
		collector(
			"safety",
			"safety",
			part(sources, violationStream, options),
			part(sources, reviewStream, options, { emits: [reviewsPending], of: pendingReviews }),
			part(sources, rollbackStream, options),
		),
		collector("events", "autonomous", part(sources, eventStream, options)),
		collector("outcomes", "business", part(sources, outcomeStream, options)),
	]
}
