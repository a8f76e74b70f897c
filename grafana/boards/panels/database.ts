import {
	databaseConnections,
	databaseConnectionsMax,
	databaseDeadlocks,
	databaseProbeDuration,
	databaseQueryLatency,
	databaseSize,
	databaseTransactions,
} from "../../../core/catalogue/subjects/database.ts"
import { band } from "../../kit/layout.ts"
import { increase, latest, quantile, rate, recorded } from "../../kit/query.ts"
import { timeseries } from "../../kit/visuals.ts"

const empty = "The database has not been reached yet"

const connections = timeseries({
	key: "database-connections",
	title: "Connections",
	empty,
	limits: [1],
	shows: [latest(databaseConnections, { by: ["state"] }), latest(databaseConnectionsMax, { legend: "allowed" })],
})

const latency = timeseries({
	key: "database-latency",
	title: "Query Latency",
	empty,
	shows: [recorded(databaseQueryLatency, "mean"), quantile(databaseProbeDuration, 0.95, { window: "5m" })],
})

const size = timeseries({
	key: "database-size",
	title: "Storage",
	empty,
	shows: [latest(databaseSize, { legend: "Size" })],
})

const transactions = timeseries({
	key: "database-transactions",
	title: "Transactions",
	empty,
	shows: [rate(databaseTransactions, { by: ["outcome"] })],
})

const deadlocks = timeseries({
	key: "database-deadlocks",
	title: "Deadlocks per Hour",
	empty,
	shows: [increase(databaseDeadlocks, { legend: "Deadlocks" })],
})

export const databaseBands = [band(8, connections, latency), band(7, size, transactions, deadlocks)]
