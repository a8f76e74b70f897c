import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { part, perSecond, promql } from "../promql.ts"

export const MCP_STATES = ["connected", "disconnected", "error"] as const
export type McpState = (typeof MCP_STATES)[number]

const server = atMost(200, "the server's name in the mcpServers configuration, or in the span")

/** Buckets of the OpenTelemetry semantic conventions for mcp.client.operation.duration. */
export const MCP_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

export const mcpServerStatus = gauge({
	name: "autonomous_mcp_server_status",
	group: "health",
	quantity: "state",
	help: "State of a configured MCP server as a state set: connected (answers), disconnected (cannot be reached), error (reached, but answers wrongly).",
	labels: { server, status: oneOf(...MCP_STATES) },
	emitter: "mcp",
	essential: true,
})

export const mcpProbes = counter({
	name: "autonomous_mcp_probes_total",
	group: "health",
	quantity: "count",
	help: "Probes (initialize if needed, then tools/list or ping) of a configured MCP server.",
	labels: { server },
	emitter: "mcp",
})

export const mcpProbeErrors = counter({
	name: "autonomous_mcp_probe_errors_total",
	group: "health",
	quantity: "count",
	help: "Probes of a configured MCP server that failed.",
	labels: { server },
	emitter: "mcp",
})

export const mcpProbeDuration = histogram({
	name: "autonomous_mcp_probe_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Duration of successful probes of a configured MCP server.",
	labels: { server },
	buckets: MCP_BUCKETS,
	emitter: "mcp",
})

export const mcpLastSuccess = gauge({
	name: "autonomous_mcp_probe_last_success_timestamp_seconds",
	group: "health",
	quantity: "timestamp",
	help: "When a configured MCP server last answered a probe, in seconds since the epoch; absent before its first answer.",
	labels: { server },
	emitter: "mcp",
})

export const mcpTools = gauge({
	name: "autonomous_mcp_server_tools",
	group: "health",
	quantity: "count",
	help: "Tools that a connected MCP server offers.",
	labels: { server },
	emitter: "mcp",
})

export const mcpServerInfo = gauge({
	name: "autonomous_mcp_server_info",
	group: "health",
	quantity: "count",
	help: "1 for a connected MCP server, labelled with the protocol version that was agreed on.",
	labels: { server, protocol: atMost(20, "the MCP protocol version") },
	emitter: "mcp",
})

export const mcpRequests = counter({
	name: "autonomous_mcp_requests_total",
	group: "health",
	quantity: "count",
	help: "Requests that agents made to an MCP server, from their OpenTelemetry spans.",
	labels: { server },
	emitter: "otlp",
	essential: true,
})

export const mcpRequestErrors = counter({
	name: "autonomous_mcp_request_errors_total",
	group: "health",
	quantity: "count",
	help: "Requests that agents made to an MCP server and that failed, from their OpenTelemetry spans.",
	labels: { server },
	emitter: "otlp",
	essential: true,
})

export const mcpRequestDuration = histogram({
	name: "autonomous_mcp_request_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Duration of agents' requests to an MCP server, from their OpenTelemetry spans.",
	labels: { server },
	buckets: MCP_BUCKETS,
	emitter: "otlp",
	essential: true,
})

export const mcpConnections = counter({
	name: "autonomous_mcp_connections_total",
	group: "health",
	quantity: "count",
	help: "Connections that agents opened to an MCP server, from their OpenTelemetry spans.",
	labels: { server },
	emitter: "otlp",
})

export const mcpConnectionErrors = counter({
	name: "autonomous_mcp_connection_errors_total",
	group: "health",
	quantity: "count",
	help: "Connections that agents tried to open to an MCP server and that failed, from their OpenTelemetry spans.",
	labels: { server },
	emitter: "otlp",
})

const operation = {
	method: atMost(50, "the MCP method, such as tools/call"),
	source: oneOf("span", "metric"),
}

export const mcpOperationDuration = histogram({
	name: "autonomous_mcp_operation_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Duration of MCP client operations by method, from spans of instrumented SDK clients or from the metric mcp.client.operation.duration. An application that sends both is counted once under each source.",
	labels: operation,
	buckets: MCP_BUCKETS,
	emitter: "otlp",
})

export const mcpOperationErrors = counter({
	name: "autonomous_mcp_operation_errors_total",
	group: "health",
	quantity: "count",
	help: "MCP client operations that failed, by method and source.",
	labels: operation,
	emitter: "otlp",
})

export const mcpServerOperationDuration = histogram({
	name: "autonomous_mcp_server_operation_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Duration of MCP requests by method as a server measures it, from the metric mcp.server.operation.duration. It is the other end of calls that clients report, and never added to them.",
	labels: { method: operation.method },
	buckets: MCP_BUCKETS,
	emitter: "otlp",
})

export const mcpServerOperationErrors = counter({
	name: "autonomous_mcp_server_operation_errors_total",
	group: "health",
	quantity: "count",
	help: "MCP requests that failed, by method, as a server reports them.",
	labels: { method: operation.method },
	emitter: "otlp",
})

const side = { side: oneOf("client", "server") }

export const mcpSessionDuration = histogram({
	name: "autonomous_mcp_session_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Duration of ended MCP sessions, as the client or the server measures it, from mcp.client.session.duration and mcp.server.session.duration.",
	labels: side,
	buckets: MCP_BUCKETS,
	emitter: "otlp",
})

export const mcpSessionErrors = counter({
	name: "autonomous_mcp_session_errors_total",
	group: "health",
	quantity: "count",
	help: "MCP sessions that ended with an error, as the client or the server reports them.",
	labels: side,
	emitter: "otlp",
})

const rate5m = (of: typeof mcpRequests) => perSecond(of, "5m", ["server"])

export const mcpAttemptRate = recording({
	name: "server:autonomous_mcp_attempts:rate5m",
	quantity: "per_second",
	help: "Requests of agents and probes of ours to an MCP server, per second.",
	formula: "rate of requests + rate of probes, 5 m",
	window: "5m",
	expr: promql`sum by (server) (${rate5m(mcpRequests)} or ${promql`label_replace(${rate5m(mcpProbes)}, "from", "probe", "", "")`})`,
	labels: ["server"],
})

export const mcpErrorRatio = recording({
	name: "server:autonomous_mcp_errors:ratio_rate5m",
	quantity: "ratio",
	help: "Share of an MCP server's requests and probes that failed over 5 minutes; the probes reveal a dead server without requests.",
	formula: "(rate of request errors + rate of probe errors) ÷ (rate of requests + rate of probes), 5 m",
	window: "5m",
	expr: promql`sum by (server) (${rate5m(mcpRequestErrors)} or ${promql`label_replace(${rate5m(mcpProbeErrors)}, "from", "probe", "", "")`}) / (${mcpAttemptRate} > 0)`,
	labels: ["server"],
})

export const mcpResponseTime = recording({
	name: "server:autonomous_mcp_request_duration:mean5m",
	quantity: "seconds",
	help: "Mean duration of agents' requests to an MCP server over 5 minutes.",
	formula: "rate of summed seconds ÷ rate of requests, 5 m",
	window: "5m",
	expr: promql`${perSecond(part(mcpRequestDuration, "sum"), "5m", ["server"])} / (${perSecond(part(mcpRequestDuration, "count"), "5m", ["server"])} > 0)`,
	labels: ["server"],
})

export default subject({
	title: "MCP servers",
	series: [
		mcpServerStatus,
		mcpProbes,
		mcpProbeErrors,
		mcpProbeDuration,
		mcpLastSuccess,
		mcpTools,
		mcpServerInfo,
		mcpRequests,
		mcpRequestErrors,
		mcpRequestDuration,
		mcpConnections,
		mcpConnectionErrors,
		mcpOperationDuration,
		mcpOperationErrors,
		mcpServerOperationDuration,
		mcpServerOperationErrors,
		mcpSessionDuration,
		mcpSessionErrors,
	],
	recordings: [mcpAttemptRate, mcpErrorRatio, mcpResponseTime],
	paths: [
		path({
			path: "metrics.mcpServers.*.status",
			quantity: "state",
			help: mcpServerStatus.help,
			value: { of: mcpServerStatus },
			lastGood: { of: mcpLastSuccess },
			states: { label: "status", values: MCP_STATES },
			wildcard: "server",
		}),
		path({
			path: "metrics.mcpServers.*.errorRate",
			quantity: "ratio",
			help: mcpErrorRatio.help,
			value: { of: mcpErrorRatio },
			volume: { of: mcpAttemptRate },
			wildcard: "server",
			window: "5m",
		}),
		path({
			path: "metrics.mcpServers.*.responseTime",
			quantity: "seconds",
			help: mcpResponseTime.help,
			value: { of: mcpResponseTime },
			histogram: { of: mcpRequestDuration },
			wildcard: "server",
			window: "5m",
		}),
		path({
			path: "metrics.mcpServers.*.requestCount",
			quantity: "count",
			help: "Requests of agents since the exporter first saw the server; use increase(path, window) in conditions.",
			value: { of: mcpRequests },
			counter: { of: mcpRequests },
			wildcard: "server",
		}),
	],
})
