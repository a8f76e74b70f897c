import { describe, expect, it } from "vitest"
import { pathsIn, subjectOf } from "./subjects.ts"

describe("what an alert is about", () => {
	it("is found by the recorded value that its expression names", () => {
		expect(pathsIn("autonomous:session_cost_usd:increase1d > 50 * 0.8")).toEqual(["metrics.sessions.tokenUsage.cost"])
		expect(pathsIn("max without (instance, job) (autonomous_reviews_pending) > 20")).toEqual([
			"metrics.reviews.pending",
		])
	})

	it("is found by the series that a recorded value is computed from", () => {
		expect(pathsIn('increase(autonomous_violations_total{kind="scope"}[10m]) > 0')).toEqual([
			"metrics.violations.total",
		])
		expect(
			pathsIn(
				"histogram_quantile(0.95, sum by (le, server) (rate(autonomous_mcp_request_duration_seconds_bucket[10m])))",
			),
		).toEqual(["metrics.mcpServers.*.responseTime"])
	})

	it("is found by the score in a condition", () => {
		expect(
			pathsIn('max without (subject) (subject:observatory_anomaly:deviation{subject="metrics.sessions.total"}) > 3'),
		).toEqual(["metrics.sessions.total"])
	})

	it("is empty for unscored series, or for an unreadable expression", () => {
		expect(pathsIn("vector(1)")).toEqual([])
		expect(pathsIn('up{job="autonomous_reviews_pending"} == 0')).toEqual([])
		expect(pathsIn("((((")).toEqual([])
	})
})

describe("a subject's expression", () => {
	it("is the highest of all, or the one of the incident", () => {
		expect(subjectOf("metrics.mcpServers.*.errorRate").expr).toBe("max(server:autonomous_mcp_errors:ratio_rate5m)")
		expect(subjectOf("metrics.mcpServers.*.errorRate", { server: 'a"}) or vector(1', job: "x" })).toEqual({
			path: "metrics.mcpServers.*.errorRate",
			labels: { server: 'a"}) or vector(1' },
			expr: 'max(server:autonomous_mcp_errors:ratio_rate5m{server="a\\"}) or vector(1"})',
		})
	})

	it("ignores labels that the value does not have", () => {
		expect(subjectOf("metrics.reviews.pending", { server: "github" })).toEqual({
			path: "metrics.reviews.pending",
			labels: {},
			expr: "max(autonomous_reviews_pending)",
		})
	})
})
