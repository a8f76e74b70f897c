import { promql } from "../../../core/catalogue/promql.ts"
import {
	mcpConnectionErrors,
	mcpConnections,
	mcpErrorRatio,
	mcpOperationDuration,
	mcpOperationErrors,
	mcpProbeDuration,
	mcpProbeErrors,
	mcpProbes,
	mcpRequestDuration,
	mcpRequestErrors,
	mcpRequests,
	mcpResponseTime,
	mcpServerStatus,
	mcpTools,
} from "../../../core/catalogue/subjects/mcp.ts"
import {
	recordedCallDuration,
	recordedCallErrors,
	recordedCalls,
	recordedErrorRatio,
	recordedResponseTime,
} from "../../../core/catalogue/subjects/mcp-calls.ts"
import { band } from "../../kit/layout.ts"
import { formula, increase, latest, quantile, rate, recorded } from "../../kit/query.ts"
import { colouredText, vectorTable } from "../../kit/tables.ts"
import { timeseries } from "../../kit/visuals.ts"

const empty = "No requests to MCP servers yet"

const states = vectorTable({
	key: "mcp-states",
	title: "Servers",
	empty: "No MCP server is configured",
	shows: formula(promql`max by (server, status) (${mcpServerStatus}) == 1`, {
		measure: "state",
		legend: "{{server}}",
		meaning: mcpServerStatus.help,
	}),
	labels: { server: "Server", status: "State" },
	columns: { State: colouredText({ connected: "green", disconnected: "red", error: "orange" }) },
})

const errors = timeseries({
	key: "mcp-error-ratio",
	title: "Error Rate",
	empty: "No requests or probes yet",
	shows: [recorded(mcpErrorRatio)],
})

const response = timeseries({
	key: "mcp-response-time",
	title: "Response Time",
	empty,
	shows: [
		recorded(mcpResponseTime, "{{server}} mean"),
		quantile(mcpRequestDuration, 0.95, { by: ["server"], window: "5m" }),
	],
})

const requests = timeseries({
	key: "mcp-requests",
	title: "Requests",
	empty,
	shows: [
		rate(mcpRequests, { by: ["server"] }),
		rate(mcpRequestErrors, { by: ["server"], legend: "{{server}}, failed" }),
	],
})

const probes = timeseries({
	key: "mcp-probes",
	title: "Probes",
	empty: "No MCP server is configured",
	shows: [rate(mcpProbes, { by: ["server"] }), rate(mcpProbeErrors, { by: ["server"], legend: "{{server}}, failed" })],
})

const probeTime = timeseries({
	key: "mcp-probe-time",
	title: "Duration of Probes",
	empty: "No MCP server has answered a probe yet",
	shows: [quantile(mcpProbeDuration, 0.95, { by: ["server"], window: "5m" })],
})

const tools = timeseries({
	key: "mcp-tools",
	title: "Available Tools",
	empty: "No MCP server is connected",
	shows: [latest(mcpTools, { by: ["server"] })],
})

const operations = timeseries({
	key: "mcp-operations",
	title: "Duration of Operations by Method",
	empty: "No application sends its MCP operations yet",
	shows: [quantile(mcpOperationDuration, 0.95, { by: ["method"], window: "5m" })],
})

const operationErrors = timeseries({
	key: "mcp-operation-errors",
	title: "Failed Operations per Hour",
	empty: "No application sends its MCP operations yet",
	shows: [increase(mcpOperationErrors, { by: ["method"] })],
})

const connections = timeseries({
	key: "mcp-connections",
	title: "Connections per Hour",
	empty: "No application sends its MCP connections yet",
	shows: [
		increase(mcpConnections, { by: ["server"] }),
		increase(mcpConnectionErrors, { by: ["server"], legend: "{{server}}, failed" }),
	],
})

const noRows = "The monitored system has written down no MCP calls yet"

const recordedRate = timeseries({
	key: "mcp-recorded-calls",
	title: "Calls on Record",
	empty: noRows,
	shows: [
		rate(recordedCalls, { by: ["server", "tool"] }),
		rate(recordedCallErrors, { by: ["server", "tool"], legend: "{{server}} {{tool}}, failed" }),
	],
})

const recordedErrors = timeseries({
	key: "mcp-recorded-errors",
	title: "Error Rate of Calls on Record",
	empty: noRows,
	shows: [recorded(recordedErrorRatio)],
})

const recordedTime = timeseries({
	key: "mcp-recorded-time",
	title: "Response Time of Calls on Record",
	empty: noRows,
	shows: [
		recorded(recordedResponseTime, "{{server}} mean"),
		quantile(recordedCallDuration, 0.95, { by: ["server"], window: "5m" }),
	],
})

export const mcpBands = [
	band(8, states, errors, response),
	band(7, requests, probes, probeTime, tools),
	band(7, operations, operationErrors, connections),
	band(7, recordedRate, recordedErrors, recordedTime),
]
