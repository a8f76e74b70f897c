import type pg from "pg"
import {
	databaseConnections,
	databaseConnectionsMax,
	databaseDeadlocks,
	databaseProbeDuration,
	databaseSize,
	databaseTransactions,
} from "../../core/catalogue/subjects/database.ts"
import { onSnapshot } from "../../core/db/session.ts"
import { Histogram } from "../../core/metrics/buckets.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { histogramSample, type Sample, sample } from "../../core/metrics/samples.ts"

interface Statistics {
	readonly active: number
	readonly idle: number
	readonly idle_in_transaction: number
	readonly other: number
	readonly max: number
	readonly size: number
	readonly deadlocks: number
	readonly committed: number
	readonly rolled_back: number
}

/** PostgreSQL's statistics of one database. Without pg_monitor, connections of other users count as "other". */
const STATISTICS = `
select a.*, current_setting('max_connections')::float8 as max, pg_database_size(current_database())::float8 as size,
	d.deadlocks::float8, d.xact_commit::float8 as committed, d.xact_rollback::float8 as rolled_back
from pg_stat_database d, (
	select count(*) filter (where state = 'active')::float8 as active,
		count(*) filter (where state = 'idle')::float8 as idle,
		count(*) filter (where state like 'idle in transaction%')::float8 as idle_in_transaction,
		count(*) filter (where state is null or not (state = 'active' or state like 'idle%'))::float8 as other
	from pg_stat_activity where datname = current_database() and coalesce(backend_type, 'client backend') = 'client backend'
) a
where d.datname = current_database()`

/** PostgreSQL's statistics of the monitored database, and the duration of an empty query. */
export function databaseCollector(source: pg.Pool): Collector {
	const probes = new Histogram(databaseProbeDuration.buckets)
	return {
		name: "database",
		group: "health",
		emits: [
			databaseConnections,
			databaseConnectionsMax,
			databaseProbeDuration,
			databaseSize,
			databaseDeadlocks,
			databaseTransactions,
		],
		intervalMs: 15_000,
		timeoutMs: 10_000,
		collect: (signal) =>
			onSnapshot(source, { what: "Reading PostgreSQL's statistics", signal }, async (client) => {
				const startedAt = performance.now()
				await client.query("select 1")
				const seconds = (performance.now() - startedAt) / 1000
				const { rows } = await client.query<Statistics>(STATISTICS)
				const [statistics] = rows
				if (statistics === undefined) throw new TypeError("pg_stat_database has no row for the current database")
				probes.observe(seconds)
				return [...samples(statistics), histogramSample(databaseProbeDuration, {}, [...probes.counts], probes.sum)]
			}),
	}
}

const samples = (s: Statistics): Sample[] => [
	sample(databaseConnections, { state: "active" }, s.active),
	sample(databaseConnections, { state: "idle" }, s.idle),
	sample(databaseConnections, { state: "idle_in_transaction" }, s.idle_in_transaction),
	sample(databaseConnections, { state: "other" }, s.other),
	sample(databaseConnectionsMax, {}, s.max),
	sample(databaseSize, {}, s.size),
	sample(databaseDeadlocks, {}, s.deadlocks),
	sample(databaseTransactions, { outcome: "committed" }, s.committed),
	sample(databaseTransactions, { outcome: "rolled_back" }, s.rolled_back),
]
