import { describe, expect, it } from "vitest"
import { compileAlerts } from "./compile.ts"
import { seriesOf } from "./series.ts"
import { createSource } from "./source.ts"

/** Names of what an alert with these fields reads. */
function named(fields: string): string[] {
	const text = `alerts:\n  warning:\n    - { name: a, duration: 5m, channels: [slack], ${fields} }\n`
	const { file, diagnostics } = compileAlerts(createSource("alerts.yaml", text))
	const [alert] = file?.alerts ?? []
	if (!alert) throw new Error(JSON.stringify(diagnostics))
	return [...seriesOf(alert)].map(({ name }) => name).sort()
}

describe("the series of an alert", () => {
	it.each([
		["a state", "condition: health.database.status == 'unhealthy'", ["autonomous_component_status"]],
		[
			"a ratio with a minimum volume",
			"condition: metrics.sessions.failureRate > 0.5, minimum_volume: 5",
			["autonomous:sessions_failed:ratio_increase15m", "autonomous:sessions_finished:increase15m"],
		],
		[
			"a counter's increase",
			'condition: "increase(metrics.database.deadlockCount, 15m) >= 3"',
			["autonomous_database_deadlocks_total"],
		],
		[
			"a histogram's quantile",
			'condition: "any(quantile(metrics.mcpServers.*.responseTime, 95%, 10m) > 10s)"',
			["autonomous_mcp_request_duration_seconds"],
		],
		[
			"an event beside a count",
			"condition: event.type == 'improvement_deployed' && metrics.reviews.pending > 20",
			["autonomous_events_total", "autonomous_reviews_pending"],
		],
		[
			"PromQL, a histogram's parts and others' series in it",
			"expr: 'rate(autonomous_mcp_request_duration_seconds_sum[5m]) > 1 and on () up == 1'",
			["autonomous_mcp_request_duration_seconds"],
		],
	])("are those behind %s", (_, fields, expected) => {
		expect(named(fields)).toEqual(expected)
	})
})
