import { describe, expect, it } from "vitest"
import { componentStatus, overallHealthScore } from "../../core/catalogue/subjects/components.ts"
import { databaseQueryLatency } from "../../core/catalogue/subjects/database.ts"
import { mcpRequestDuration, mcpRequests } from "../../core/catalogue/subjects/mcp.ts"
import { violations1h } from "../../core/catalogue/subjects/safety.ts"
import { increase, instant, latest, quantile, rate, recorded } from "./query.ts"

describe("a panel's query", () => {
	it("is a recording by its name, with its formula in words", () => {
		expect(recorded(overallHealthScore, "Health")).toMatchObject({
			expr: { text: overallHealthScore.name },
			measure: "ratio",
			legend: "Health",
			meaning: `${overallHealthScore.help} Formula: ${overallHealthScore.formula}.`,
		})
	})

	it("has one line for each label value of a recording", () => {
		expect(recorded(violations1h).legend).toBe("{{kind}}")
	})

	it("folds the values of several exporters for one database into one line", () => {
		expect(recorded(databaseQueryLatency).expr.text).toBe(`max without (instance, job) (${databaseQueryLatency.name})`)
	})

	it("is a gauge's largest value for each kept label", () => {
		const query = latest(componentStatus, { by: ["component"], where: { status: "unhealthy" } })
		expect(query.expr.text).toBe('max by (component) (autonomous_component_status{status="unhealthy"})')
		expect(query.legend).toBe("{{component}}")
	})

	it("is a counter's rate in per second, or its increase in the counter's own unit", () => {
		expect(rate(mcpRequests, { by: ["server"] })).toMatchObject({
			expr: { text: "sum by (server) (rate(autonomous_mcp_requests_total[5m]))" },
			measure: "per_second",
		})
		expect(increase(mcpRequests, { window: "1d" })).toMatchObject({
			expr: { text: "sum(increase(autonomous_mcp_requests_total[1d]))" },
			measure: "count",
		})
	})

	it("is a histogram's quantile over all exporters, in the histogram's unit", () => {
		const query = quantile(mcpRequestDuration, 0.95, { by: ["server"], where: { server: "files" } })
		expect(query.expr.text).toBe(
			'histogram_quantile(0.95, sum by (le, server) (rate(autonomous_mcp_request_duration_seconds_bucket{server="files"}[1h]))) >= 0',
		)
		expect(query).toMatchObject({ measure: "seconds", legend: "{{server}} p95" })
	})

	it("knows its series, so that the reference can list their panels", () => {
		expect([...quantile(mcpRequestDuration, 0.5).expr.refs]).toEqual([mcpRequestDuration])
	})

	it("has a longer step for a wider window", () => {
		const steps = ["5m", "1h", "1d", "7d"].map((window) => increase(mcpRequests, { window }).step)
		expect(steps).toEqual(["15s", "1m", "5m", "15m"])
	})

	it("does not compile with a label, state or type that the catalogue lacks; this test only keeps the lines", () => {
		const refused = () => [
			// @ts-expect-error: a gauge has no rate
			rate(componentStatus),
			// @ts-expect-error: a counter has no quantiles
			quantile(mcpRequests, 0.5),
			// @ts-expect-error: there is no such label
			rate(mcpRequests, { by: ["host"] }),
			// @ts-expect-error: there is no such state
			latest(componentStatus, { where: { status: "fine" } }),
		]
		expect(refused().length).toBe(4)
	})

	it("can be an instant query", () => {
		expect(instant(rate(mcpRequests)).instant).toBe(true)
	})
})
