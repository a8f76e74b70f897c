import type { Events, Recorder } from "../recorder.ts"
import { DAY, type Timeline, type Trouble } from "../timeline.ts"

/** The components that the demo has, and what makes each of them unwell. */
const COMPONENTS: readonly (readonly [
	name: string,
	trouble: Trouble | undefined,
	then: string,
	checkSeconds: number,
])[] = [
	["database", "database", "degraded", 0.004],
	["mcp_servers", "mcp", "unhealthy", 0.0002],
	["opentelemetry", undefined, "healthy", 0.0002],
]
const STATUSES = ["healthy", "degraded", "unhealthy"] as const

const SERVERS = [
	{
		server: "everything",
		perHour: 980,
		mean: 0.035,
		tools: 13,
		connections: 90,
		used: ["echo", "get-sum", "get-tiny-image", "get-structured-content", "trigger-long-running-operation"],
	},
	{ server: "memory", perHour: 640, mean: 0.018, tools: 9, connections: 50, used: ["read_graph", "search_nodes"] },
] as const
/** The server that the demo's incidents stop. */
const FRAGILE = "everything"

/** A scrape or a probe every 15 seconds. */
export const PER_SCRAPE = 240

/** Components, the monitored database, MCP servers and the telemetry about them. */
export function recordHealth(recorder: Recorder, timeline: Timeline): void {
	const noise = recorder.random()
	for (const [component, trouble, unwell, seconds] of COMPONENTS) {
		for (const status of STATUSES)
			recorder.gauge("autonomous_component_status", { component, status }, (time) => {
				const now = trouble !== undefined && timeline.troubled(trouble, time) ? unwell : "healthy"
				return status === now ? 1 : 0
			})
		recorder.gauge(
			"autonomous_component_check_duration_seconds",
			{ component },
			() => seconds * noise.between(0.7, 1.6),
		)
	}
	recordDatabase(recorder, timeline)
	recordTelemetry(recorder, recordServers(recorder, timeline))
}

function recordDatabase(recorder: Recorder, timeline: Timeline): void {
	const { gauge, counter, histogram } = recorder
	const slow = (time: number) => timeline.troubled("database", time)
	const noise = recorder.random()
	const connections = {
		active: (time: number) => (slow(time) ? noise.int(12, 24) : noise.int(1, 2)),
		idle: () => noise.int(9, 12),
		idle_in_transaction: (time: number) => (slow(time) ? noise.int(1, 3) : 0),
		other: () => 0,
	}
	for (const [state, value] of Object.entries(connections)) gauge("autonomous_database_connections", { state }, value)
	gauge("autonomous_database_connections_max", {}, () => 100)
	const probes = recorder.events(() => PER_SCRAPE)
	// Tables grow, and a release tidies them up.
	const latency = (time: number) => (0.003 + 0.0003 * timeline.daysSinceRelease(time)) * (slow(time) ? 40 : 1)
	histogram("autonomous_database_probe_duration_seconds", {}, probes, { mean: latency, spread: 0.5 })
	const { start } = recorder.grid
	gauge("autonomous_database_size_bytes", {}, (time) =>
		Math.round((9.5 + ((time - start) / DAY) * 0.05 + timeline.daysSinceRelease(time) * 0.08) * 1_048_576),
	)
	counter(
		"autonomous_database_deadlocks_total",
		{},
		recorder.events((time) => (slow(time) ? 2 : 0)),
	)
	const committed = recorder.events((time) => 7_000 * timeline.activity(time))
	counter("autonomous_database_transactions_total", { outcome: "committed" }, committed)
	const rolledBack = recorder.events((time) => (slow(time) ? 300 : 2))
	counter("autonomous_database_transactions_total", { outcome: "rolled_back" }, rolledBack)
}

/** @returns the requests of all servers */
function recordServers(recorder: Recorder, timeline: Timeline): Events {
	const { gauge, counter, histogram, thin } = recorder
	const all = new Float64Array(recorder.grid.count)
	for (const { server, perHour, mean, tools, connections, used } of SERVERS) {
		const down = (time: number) => server === FRAGILE && timeline.troubled("mcp", time)
		const requests = recorder.events((time) => perHour * timeline.activity(time))
		requests.forEach((count, i) => {
			all[i] = (all[i] ?? 0) + count
		})
		const duration = (time: number) => mean * (1 + 0.03 * timeline.daysSinceRelease(time)) * (down(time) ? 3 : 1)
		counter("autonomous_mcp_requests_total", { server }, requests)
		counter(
			"autonomous_mcp_request_errors_total",
			{ server },
			thin(requests, (time) => (down(time) ? 0.7 : 0.006)),
		)
		histogram("autonomous_mcp_request_duration_seconds", { server }, requests, { mean: duration, spread: 0.7 })
		for (const tool of used) {
			const calls = thin(requests, 0.8 / used.length)
			counter("autonomous_mcp_recorded_calls_total", { server, tool }, calls)
			const failed = thin(calls, (time) => (down(time) ? 0.7 : 0.006))
			counter("autonomous_mcp_recorded_call_errors_total", { server, tool }, failed)
			const recorded = { mean: duration, spread: 0.7 }
			histogram("autonomous_mcp_recorded_call_duration_seconds", { server, tool }, calls, recorded)
		}
		const probes = recorder.events(() => PER_SCRAPE)
		counter("autonomous_mcp_probes_total", { server }, probes)
		counter(
			"autonomous_mcp_probe_errors_total",
			{ server },
			thin(probes, (time) => (down(time) ? 1 : 0)),
		)
		histogram("autonomous_mcp_probe_duration_seconds", { server }, probes, { mean: duration, spread: 0.4 })
		const opened = recorder.events((time) => connections * timeline.activity(time))
		counter("autonomous_mcp_connections_total", { server }, opened)
		counter(
			"autonomous_mcp_connection_errors_total",
			{ server },
			thin(opened, (time) => (down(time) ? 0.8 : 0)),
		)
		for (const status of ["connected", "disconnected", "error"])
			gauge("autonomous_mcp_server_status", { server, status }, (time) =>
				status === (down(time) ? "disconnected" : "connected") ? 1 : 0,
			)
		gauge("autonomous_mcp_server_tools", { server }, (time) => (down(time) ? Number.NaN : tools))
	}
	return all
}

function recordTelemetry(recorder: Recorder, requests: Events): void {
	const { gauge, counter, histogram, thin } = recorder
	const none = new Float64Array(requests.length)
	const source = "span"
	const reads = thin(requests, 0.2)
	const methods = { "resources/read": reads, "tools/call": requests.map((count, i) => count - (reads[i] ?? 0)) }
	for (const [method, events] of Object.entries(methods)) {
		histogram("autonomous_mcp_operation_duration_seconds", { method, source }, events, {
			mean: () => 0.03,
			spread: 0.7,
		})
		counter("autonomous_mcp_operation_errors_total", { method, source }, thin(events, 0.008))
	}
	const spans = requests.map((count) => Math.round(count * 1.2))
	counter("autonomous_telemetry_spans_received_total", {}, spans)
	counter("autonomous_telemetry_spans_processed_total", {}, spans)
	for (const reason of ["buffer_full", "malformed", "too_large"])
		counter("autonomous_telemetry_spans_dropped_total", { reason }, none)
	for (const reason of ["malformed", "overloaded", "too_large", "unsupported"])
		counter("autonomous_telemetry_export_errors_total", { reason }, none)
	for (const signal of ["metric_point", "log_record"]) {
		const records = recorder.events(() => 600)
		counter("autonomous_telemetry_records_received_total", { signal }, records)
		counter("autonomous_telemetry_records_processed_total", { signal }, records)
		for (const reason of ["buffer_full", "malformed", "too_large"])
			counter("autonomous_telemetry_records_dropped_total", { signal, reason }, none)
	}
	const noise = recorder.random()
	gauge("autonomous_telemetry_buffer_utilization_ratio", {}, () => noise.between(0, 0.01))
}
