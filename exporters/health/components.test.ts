import { describe, expect, it } from "vitest"
import type { HealthState } from "../../core/catalogue/subjects/components.ts"
import type { ComponentCheck } from "./components.ts"
import { mcpHealth, reported } from "./components.ts"
import { healthCollector } from "./health.ts"

const never = new AbortController().signal

describe("the health of MCP servers", () => {
	it.each([
		[[], undefined],
		[["connected", "connected"], "healthy"],
		[["connected", "error"], "degraded"],
		[["connected", "disconnected"], "degraded"],
		[["error", "disconnected"], "unhealthy"],
	] as const)("of %j is %s", (states, health) => {
		expect(mcpHealth(states)).toBe(health)
	})
})

describe("the health collector", () => {
	it("remembers when a component was last healthy, and has no time before", async () => {
		let state: HealthState = "degraded"
		let now = 1_000_000
		const collector = healthCollector([reported("opentelemetry", () => state)], { now: () => now })
		const lastHealthy = async () =>
			(await collector.collect(never)).flatMap((one) =>
				one.series.name.includes("last_healthy") && "value" in one ? [one.value] : [],
			)
		expect(await lastHealthy()).toEqual([])
		state = "healthy"
		expect(await lastHealthy()).toEqual([1_000])
		now += 30_000
		state = "unhealthy"
		expect(await lastHealthy()).toEqual([1_000])
	})

	it("has a state set for each component with a state, and no series for the others", async () => {
		const checks: ComponentCheck[] = [
			reported("opentelemetry", () => "degraded"),
			reported("mcp_servers", () => undefined),
		]
		const samples = await healthCollector(checks).collect(never)
		expect(samples.map(({ series, labels, ...rest }) => [series.name, labels, "value" in rest && rest.value])).toEqual([
			["autonomous_component_status", { component: "opentelemetry", status: "healthy" }, 0],
			["autonomous_component_status", { component: "opentelemetry", status: "degraded" }, 1],
			["autonomous_component_status", { component: "opentelemetry", status: "unhealthy" }, 0],
			["autonomous_component_check_duration_seconds", { component: "opentelemetry" }, expect.any(Number)],
		])
	})
})
