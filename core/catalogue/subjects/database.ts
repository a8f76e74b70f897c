import { counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { part, promql } from "../promql.ts"

export const databaseConnections = gauge({
	name: "autonomous_database_connections",
	group: "health",
	quantity: "count",
	help: "Client connections to the monitored database, by what they are doing.",
	labels: { state: oneOf("active", "idle", "idle_in_transaction", "other") },
	emitter: "database",
	essential: true,
})

export const databaseConnectionsMax = gauge({
	name: "autonomous_database_connections_max",
	group: "health",
	quantity: "count",
	help: "The server's max_connections.",
	labels: {},
	emitter: "database",
})

export const databaseProbeDuration = histogram({
	name: "autonomous_database_probe_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Round trip of the probe query SELECT 1 on a pooled connection.",
	labels: {},
	buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
	emitter: "database",
	essential: true,
})

export const databaseSize = gauge({
	name: "autonomous_database_size_bytes",
	group: "health",
	quantity: "bytes",
	help: "Disk space of the monitored database (pg_database_size).",
	labels: {},
	emitter: "database",
	essential: true,
})

export const databaseDeadlocks = counter({
	name: "autonomous_database_deadlocks_total",
	group: "health",
	quantity: "count",
	help: "Deadlocks that PostgreSQL detected in the monitored database.",
	labels: {},
	emitter: "database",
	essential: true,
})

export const databaseTransactions = counter({
	name: "autonomous_database_transactions_total",
	group: "health",
	quantity: "count",
	help: "Transactions in the monitored database, by how they ended.",
	labels: { outcome: oneOf("committed", "rolled_back") },
	emitter: "database",
})

export const databaseConnectionCount = recording({
	name: "autonomous:database_connections:sum",
	quantity: "count",
	help: "Client connections to the monitored database, whatever they are doing.",
	formula: "sum over states",
	expr: promql`sum without (state) (${databaseConnections})`,
	labels: ["instance", "job"],
})

export const databaseQueryLatency = recording({
	name: "autonomous:database_probe:mean5m",
	quantity: "seconds",
	help: "Mean round trip of the probe query over 5 minutes.",
	formula: "rate of the probe's summed seconds ÷ rate of probes, 5 m",
	window: "5m",
	expr: promql`rate(${part(databaseProbeDuration, "sum")}[5m]) / (rate(${part(databaseProbeDuration, "count")}[5m]) > 0)`,
	labels: ["instance", "job"],
})

export default subject({
	title: "Database",
	series: [
		databaseConnections,
		databaseConnectionsMax,
		databaseProbeDuration,
		databaseSize,
		databaseDeadlocks,
		databaseTransactions,
	],
	recordings: [databaseConnectionCount, databaseQueryLatency],
	paths: [
		path({
			path: "metrics.database.connectionCount",
			quantity: "count",
			help: databaseConnectionCount.help,
			value: { of: databaseConnectionCount },
		}),
		path({
			path: "metrics.database.queryLatency",
			quantity: "seconds",
			help: databaseQueryLatency.help,
			value: { of: databaseQueryLatency },
			histogram: { of: databaseProbeDuration },
			window: "5m",
		}),
		path({
			path: "metrics.database.storageUsage",
			quantity: "bytes",
			help: databaseSize.help,
			value: { of: databaseSize },
		}),
		path({
			path: "metrics.database.deadlockCount",
			quantity: "count",
			help: "Deadlocks since the statistics were reset; use increase(path, window) in conditions.",
			value: { of: databaseDeadlocks },
			counter: { of: databaseDeadlocks },
		}),
	],
})
