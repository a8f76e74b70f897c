/**
 * Series of our own processes under their conventional names. No condition and no panel of ours uses them; they are
 * listed because only listed series are exposed.
 */
export interface RuntimeSpec {
	readonly name: string
	readonly type: "gauge" | "counter" | "histogram"
	readonly help: string
	readonly labels: readonly string[]
	/** OpenTelemetry's instrument, with the attributes that become labels; without it prom-client makes the series. */
	readonly otel?: { readonly instrument: string; readonly attributes: readonly string[] }
}

const own = (type: RuntimeSpec["type"], name: string, help: string, labels: readonly string[] = []): RuntimeSpec => ({
	name,
	type,
	help,
	labels,
})

/** Gauges and histograms only: their text is the same in both formats of exposition. */
const observed = (
	type: "gauge" | "histogram",
	name: string,
	help: string,
	instrument: string,
	attributes: readonly string[],
): RuntimeSpec => ({
	name,
	type,
	help,
	labels: attributes.map((attribute) => attribute.replaceAll(".", "_")),
	otel: { instrument, attributes },
})

const lag = (what: string, help: string) => own("gauge", `nodejs_eventloop_lag${what}_seconds`, help)

/**
 * Three gauges of prom-client's are left out, because promtool refuses their names: `nodejs_active_resources_total`,
 * `nodejs_active_handles_total` and `nodejs_active_requests_total`; the sums of those without `_total` are the same.
 */
export const RUNTIME: readonly RuntimeSpec[] = [
	own("counter", "process_cpu_user_seconds_total", "User CPU time."),
	own("counter", "process_cpu_system_seconds_total", "System CPU time."),
	own("counter", "process_cpu_seconds_total", "User and system CPU time."),
	own("gauge", "process_start_time_seconds", "When the process started, in seconds since the epoch."),
	own("gauge", "process_resident_memory_bytes", "Resident memory."),
	own("gauge", "process_virtual_memory_bytes", "Virtual memory; on Linux only."),
	own("gauge", "process_heap_bytes", "Heap of the process; on Linux only."),
	own("gauge", "process_open_fds", "Open file descriptors; on Linux only."),
	own("gauge", "process_max_fds", "File descriptors that may be open; on Linux only."),
	lag("", "Lag of the event loop at the scrape."),
	lag("_min", "Least lag of the event loop since the last scrape."),
	lag("_max", "Most lag of the event loop since the last scrape."),
	lag("_mean", "Mean lag of the event loop since the last scrape."),
	lag("_stddev", "Standard deviation of the event loop's lag since the last scrape."),
	lag("_p50", "Median lag of the event loop since the last scrape."),
	lag("_p90", "90th percentile of the event loop's lag since the last scrape."),
	lag("_p99", "99th percentile of the event loop's lag since the last scrape."),
	own("gauge", "nodejs_active_resources", "Resources that keep the event loop alive.", ["type"]),
	own("gauge", "nodejs_active_handles", "Active handles of libuv.", ["type"]),
	own("gauge", "nodejs_active_requests", "Active requests of libuv.", ["type"]),
	own("gauge", "nodejs_heap_size_total_bytes", "Size of V8's heap."),
	own("gauge", "nodejs_heap_size_used_bytes", "Used part of V8's heap."),
	own("gauge", "nodejs_external_memory_bytes", "Memory outside of V8's heap."),
	own("gauge", "nodejs_heap_space_size_total_bytes", "Size of a space of V8's heap.", ["space"]),
	own("gauge", "nodejs_heap_space_size_used_bytes", "Used part of a space of V8's heap.", ["space"]),
	own("gauge", "nodejs_heap_space_size_available_bytes", "Free part of a space of V8's heap.", ["space"]),
	own("gauge", "nodejs_version_info", "1, labelled with Node's version.", ["version", "major", "minor", "patch"]),
	own("histogram", "nodejs_gc_duration_seconds", "Garbage collections, by kind: major, minor, incremental, weakcb.", [
		"kind",
	]),
	observed(
		"histogram",
		"http_server_request_duration_seconds",
		"Requests to our HTTP servers, except for OTLP; observatory_http_request_duration_seconds has their routes.",
		"http.server.request.duration",
		["http.request.method", "http.response.status_code"],
	),
	observed(
		"histogram",
		"http_client_request_duration_seconds",
		"Our requests to others: GitHub, MCP servers, Prometheus, Alertmanager.",
		"http.client.request.duration",
		["http.request.method", "http.response.status_code", "server.address", "server.port"],
	),
	observed(
		"histogram",
		"db_client_operation_duration_seconds",
		"Our statements to PostgreSQL, by their first word.",
		"db.client.operation.duration",
		["db.namespace", "db.operation.name"],
	),
	observed(
		"gauge",
		"db_client_connections",
		"Our connections to PostgreSQL, idle and used.",
		"db.client.connection.count",
		["db.client.connection.state"],
	),
	observed(
		"gauge",
		"db_client_connection_pending_requests",
		"Statements that wait for a connection of ours to PostgreSQL.",
		"db.client.connection.pending_requests",
		[],
	),
]
