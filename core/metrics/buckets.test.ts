import { describe, expect, it } from "vitest"
import { mcpProbeDuration } from "../catalogue/subjects/mcp.ts"
import { bucketOf, Histogram, rebucket } from "./buckets.ts"
import { MetricRegistry } from "./registry.ts"

const bucketsOf = mcpProbeDuration.buckets ?? []

describe("a histogram instrument", () => {
	it("puts single and merged observations into the same cumulative buckets", async () => {
		const telemetry = new MetricRegistry()
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

describe("rebucket", () => {
	it("leaves equal buckets as they are", () => {
		expect(rebucket([1, 2, 3], [0.1, 1], [0.1, 1])).toEqual([1, 2, 3])
	})

	it("never lets an observation look faster, and loses none", () => {
		expect(rebucket([4, 5, 6], [0.3, 7], [0.1, 1, 5])).toEqual([0, 4, 0, 11])
	})
})

describe("a bucket", () => {
	it.each([
		[0, 0],
		[1, 0],
		[1.5, 1],
		[10, 1],
		[11, 2],
	])("of bounds 1 and 10 for %d is number %d", (value, bucket) => {
		expect(bucketOf([1, 10], value)).toBe(bucket)
	})
})

describe("a histogram", () => {
	it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d, alone and among others, and stays as it was", (odd) => {
		const histogram = new Histogram([1])
		expect(() => histogram.observe(odd)).toThrow(TypeError)
		expect(() => histogram.add({ counts: [1, 0], sum: odd })).toThrow(TypeError)
		expect(() => histogram.add({ counts: [odd, 0], sum: 1 })).toThrow(TypeError)
		expect([histogram.counts, histogram.sum]).toEqual([[0, 0], 0])
	})
})
