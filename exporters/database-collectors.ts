import type pg from "pg"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Collector } from "../core/metrics/collector.ts"
import type { OnFold } from "../core/metrics/labels.ts"
import type { ComponentCheck } from "./health/components.ts"
import { databaseCollector } from "./health/database.ts"
import { databaseCheck } from "./health/database-check.ts"
import { healthCollector } from "./health/health.ts"
import type { ReaderOptions } from "./sources/postgres/reader.ts"
import { viewCollector } from "./sources/postgres/view-collector.ts"
import { STREAMS } from "./streams.ts"

export interface Sources {
	/** To the observatory database, read-write. */
	readonly own: pg.Pool
	/** To the monitored database. */
	readonly source: pg.Pool
	/** To the same database as `source`, for the health check alone. */
	readonly probe: pg.Pool
	/** Components besides the database. */
	readonly components: readonly ComponentCheck[]
	readonly clock: Clock
	readonly log: Logger
	readonly reader?: Partial<ReaderOptions>
	/** Called for each label value of a row that is counted under `other`. */
	readonly onFold?: OnFold
	/** Called for each number of a row that no series takes. */
	readonly onValueRefused?: ReaderOptions["onValueRefused"]
	/** How long a counter with a new label value is shown at 0 before its value. */
	readonly zeroHoldMs?: number
}

/** Every collector that reads PostgreSQL, and the one of the components' health. */
export function databaseCollectors(sources: Sources): Collector[] {
	const { clock, log, onFold, onValueRefused, zeroHoldMs } = sources
	const reader = {
		...sources.reader,
		log,
		...(onFold ? { onFold } : {}),
		...(onValueRefused ? { onValueRefused } : {}),
	}
	const options = { clock, reader, ...(zeroHoldMs === undefined ? {} : { zeroHoldMs }) }
	const views = (["autonomous", "safety", "business"] as const).flatMap((group) =>
		STREAMS[group].map((stream) => viewCollector(sources, stream, { ...options, group })),
	)
	return [
		healthCollector([databaseCheck(sources.probe, log), ...sources.components]),
		databaseCollector(sources.source),
		...views,
	]
}
