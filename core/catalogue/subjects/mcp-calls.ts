import { atMost, counter, histogram, path, recording, subject } from "../define.ts"
import { part, perSecond, promql } from "../promql.ts"
import { MCP_BUCKETS } from "./mcp.ts"

/** Series of their own: an agent may both send telemetry of a call and write it down, and the two must not add up. */
const labels = {
	server: atMost(60, "the server as the row names it"),
	tool: atMost(150, "the tool, unknown where the row has none"),
}
const spec = { group: "autonomous", labels, emitter: "mcp_calls" } as const
const RECORDED = "that the system wrote down, from contract.mcp_calls; calls that telemetry reports are not among them"

export const recordedCalls = counter({
	name: "autonomous_mcp_recorded_calls_total",
	quantity: "count",
	help: `Calls to MCP servers ${RECORDED}.`,
	...spec,
	essential: true,
})

export const recordedCallErrors = counter({
	name: "autonomous_mcp_recorded_call_errors_total",
	quantity: "count",
	help: `Failed calls to MCP servers ${RECORDED}.`,
	...spec,
	essential: true,
})

export const recordedCallDuration = histogram({
	name: "autonomous_mcp_recorded_call_duration_seconds",
	quantity: "seconds",
	help: `Duration of calls to MCP servers ${RECORDED}. Rows without a duration are not observed.`,
	...spec,
	buckets: MCP_BUCKETS,
	essential: true,
})

const rate5m = (of: typeof recordedCalls) => perSecond(of, "5m", ["server"])

export const recordedCallRate = recording({
	name: "server:autonomous_mcp_recorded_calls:rate5m",
	quantity: "per_second",
	help: "Recorded calls to an MCP server, per second.",
	formula: "rate of recorded calls, 5 m",
	window: "5m",
	expr: rate5m(recordedCalls),
	labels: ["server"],
})

export const recordedErrorRatio = recording({
	name: "server:autonomous_mcp_recorded_call_errors:ratio_rate5m",
	quantity: "ratio",
	help: "Share of the recorded calls to an MCP server that failed over 5 minutes.",
	formula: "rate of recorded errors ÷ rate of recorded calls, 5 m",
	window: "5m",
	expr: promql`(${rate5m(recordedCallErrors)} or 0 * ${rate5m(recordedCalls)}) / (${recordedCallRate} > 0)`,
	labels: ["server"],
})

export const recordedResponseTime = recording({
	name: "server:autonomous_mcp_recorded_call_duration:mean5m",
	quantity: "seconds",
	help: "Mean duration of the recorded calls to an MCP server over 5 minutes.",
	formula: "rate of summed seconds ÷ rate of measured calls, 5 m",
	window: "5m",
	expr: promql`${perSecond(part(recordedCallDuration, "sum"), "5m", ["server"])} / (${perSecond(part(recordedCallDuration, "count"), "5m", ["server"])} > 0)`,
	labels: ["server"],
})

export default subject({
	title: "Recorded MCP calls",
	series: [recordedCalls, recordedCallErrors, recordedCallDuration],
	recordings: [recordedCallRate, recordedErrorRatio, recordedResponseTime],
	paths: [
		path({
			path: "metrics.mcpCalls.*.errorRate",
			quantity: "ratio",
			help: recordedErrorRatio.help,
			value: { of: recordedErrorRatio },
			volume: { of: recordedCallRate },
			wildcard: "server",
			window: "5m",
		}),
		path({
			path: "metrics.mcpCalls.*.responseTime",
			quantity: "seconds",
			help: recordedResponseTime.help,
			value: { of: recordedResponseTime },
			histogram: { of: recordedCallDuration },
			wildcard: "server",
			window: "5m",
		}),
		path({
			path: "metrics.mcpCalls.*.callCount",
			quantity: "count",
			help: "Recorded calls to an MCP server since counting began; use increase(path, window) in conditions.",
			value: { of: recordedCalls },
			counter: { of: recordedCalls },
			wildcard: "server",
		}),
	],
})
