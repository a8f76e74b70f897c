import { describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { inspectPromql } from "../../core/alerts/promql.ts"
import { renderText } from "../../core/alerts/report/text.ts"
import { createSource } from "../../core/alerts/source.ts"
import { PATHS } from "../../core/catalogue/index.ts"
import { renderTrigger } from "./rules.ts"

function promqlOf(condition: string, more = ""): string {
	const source = createSource(
		"alerts.yaml",
		`parameters: { limit: 5 }\nalerts:\n  warning:\n    - name: example\n      condition: ${JSON.stringify(condition)}\n      channels: [ops]\n${more}`,
	)
	const { file, diagnostics } = compileAlerts(source)
	const [alert] = file?.alerts ?? []
	if (!alert) throw new Error(renderText(source, diagnostics))
	return renderTrigger(alert)
}

describe("a condition as PromQL", () => {
	it.each([
		[
			"health.database.status == 'unhealthy'",
			'max without (instance, job, status) (autonomous_component_status{component="database",status="unhealthy"}) == 1',
		],
		[
			"health.database.status != 'healthy'",
			'max without (instance, job, status) (autonomous_component_status{component="database",status="healthy"}) == 0',
		],
		["any(metrics.mcpServers.*.errorRate > 0.1)", "server:autonomous_mcp_errors:ratio_rate5m > 0.1"],
		[
			'metrics.mcpServers["my-server"].errorRate > 10%',
			'server:autonomous_mcp_errors:ratio_rate5m{server="my-server"} > 0.1',
		],
		["all(metrics.mcpServers.*.errorRate > 0.1)", "min(server:autonomous_mcp_errors:ratio_rate5m > bool 0.1) == 1"],
		["metrics.sessions.tokenUsage.cost > dailyBudget * 0.8", "autonomous:session_cost_usd:increase1d > 50 * 0.8"],
		["metrics.reviews.pending > 20", "max without (instance, job) (autonomous_reviews_pending) > 20"],
		[
			"event.type == 'improvement_deployed'",
			'max without (instance, job) (increase(autonomous_events_total{type="improvement_deployed"}[5m])) > 0',
		],
		[
			"avg(metrics.reviews.pending, 30m) > 5",
			"max without (instance, job) (avg_over_time(autonomous_reviews_pending[30m])) > 5",
		],
		[
			"increase(metrics.violations.total, 10m) > 3",
			"max without (instance, job) (sum without (kind) (increase(autonomous_violations_total[10m]))) > 3",
		],
		[
			"any(increase(metrics.mcpServers.*.requestCount, 5m) > 3)",
			"sum without (instance, job) (increase(autonomous_mcp_requests_total[5m])) > 3",
		],
		[
			"quantile(metrics.database.queryLatency, 95%, 10m) > 1s",
			"histogram_quantile(0.95, sum by (le) (rate(autonomous_database_probe_duration_seconds_bucket[10m]))) > 1",
		],
		[
			"predict(metrics.database.storageUsage, 4h, 2h) > 10GB",
			"max without (instance, job) (predict_linear(autonomous_database_size_bytes[2h], 14400) and autonomous_database_size_bytes offset 1h) > 10000000000",
		],
		[
			"metrics.sessions.active > 3 && metrics.reviews.pending > 5",
			"autonomous:sessions_active:sum > 3 and on () max without (instance, job) (autonomous_reviews_pending) > 5",
		],
		[
			"metrics.reviews.pending > 5 && any(metrics.mcpServers.*.errorRate > 0.1)",
			"server:autonomous_mcp_errors:ratio_rate5m > 0.1 and on () max without (instance, job) (autonomous_reviews_pending) > 5",
		],
		[
			"metrics.sessions.active > 3 || metrics.sessions.failed > 5",
			"autonomous:sessions_active:sum > 3 or on () autonomous:sessions_failed:increase1d > 5",
		],
		[
			"metrics.sessions.failed > metrics.sessions.completed",
			"autonomous:sessions_failed:increase1d > on () autonomous:sessions_completed:increase1d",
		],
		["(metrics.sessions.failed - 1) * 2 > limit", "(autonomous:sessions_failed:increase1d - 1) * 2 > 5"],
		["metrics.sessions.failed - (1 - limit) > 2", "autonomous:sessions_failed:increase1d - (1 - 5) > 2"],
		[
			"any(metrics.mcpServers.*.responseTime > 2 * metrics.database.queryLatency)",
			"server:autonomous_mcp_request_duration:mean5m > on () group_left () 2 * max without (instance, job) (autonomous:database_probe:mean5m)",
		],
	])("%s", (condition, expected) => {
		expect(promqlOf(condition)).toBe(expected)
	})

	it("asks for a minimum volume of observations over the ratio's window", () => {
		expect(promqlOf("metrics.sessions.failureRate > 0.5", "      minimum_volume: 3\n")).toBe(
			"autonomous:sessions_failed:ratio_increase15m > 0.5 and on () autonomous:sessions_finished:increase15m >= 3",
		)
		expect(promqlOf("any(metrics.mcpServers.*.errorRate > 0.5)", "      minimum_volume: 3\n")).toBe(
			"server:autonomous_mcp_errors:ratio_rate5m > 0.5 and on (server) server:autonomous_mcp_attempts:rate5m * 300 >= 3",
		)
	})

	it.each(PATHS.map((spec) => [spec.path, spec] as const))(
		"can be made of the path %s, in Prometheus' own grammar",
		(path, spec) => {
			const states = spec.states?.values
			const comparison = states ? `${path} != '${states[0]}'` : `${path} > 0.25`
			const condition = path.includes("*") ? `any(${comparison})` : comparison
			expect(inspectPromql(promqlOf(condition)).problems).toEqual([])
		},
	)
})
