import { describe, expect, it } from "vitest"
import { mcpProbeDuration } from "../catalogue/subjects/mcp.ts"
import { Telemetry } from "./telemetry.ts"

const bucketsOf = mcpProbeDuration.buckets ?? []

describe("a histogram instrument", () => {
	it("puts single and merged observations into the same cumulative buckets", async () => {
		const telemetry = new Telemetry()
		const histogram = telemetry.histogram(mcpProbeDuration)
		histogram.observe({ server: "a" }, 0.02)
		histogram.observe({ server: "a" }, 1_000)
		const counts = bucketsOf.map((bound) => (bound === 0.05 ? 3 : 0))
		histogram.merge({ server: "a" }, [...counts, 2], 700)
		const text = await telemetry.expose("health")
		const value = (series: string) =>
			text
				.split("\n")
				.find((line) => line.startsWith(`${series} `))
				?.split(" ")[1]
		expect(value('autonomous_mcp_probe_duration_seconds_bucket{server="a",le="0.01"}')).toBe("0")
		expect(value('autonomous_mcp_probe_duration_seconds_bucket{server="a",le="0.02"}')).toBe("1")
		expect(value('autonomous_mcp_probe_duration_seconds_bucket{server="a",le="0.05"}')).toBe("4")
		expect(value('autonomous_mcp_probe_duration_seconds_bucket{server="a",le="300"}')).toBe("4")
		expect(value('autonomous_mcp_probe_duration_seconds_bucket{server="a",le="+Inf"}')).toBe("7")
		expect(value('autonomous_mcp_probe_duration_seconds_count{server="a"}')).toBe("7")
		expect(value('autonomous_mcp_probe_duration_seconds_sum{server="a"}')).toBe("1700.02")
	})
})
