import { describe, expect, it } from "vitest"
import { insights } from "../catalogue/subjects/improvements.ts"
import { mcpRequestDuration, mcpRequests } from "../catalogue/subjects/mcp.ts"
import { reviewsPending, rollbacks } from "../catalogue/subjects/safety.ts"
import type { SeriesSpec } from "../catalogue/types.ts"
import { manualClock } from "../lib/clock.ts"
import { MetricRegistry } from "./registry.ts"
import { type Sample, sample } from "./samples.ts"

const lines = (text: string) => text.split("\n").filter((line) => /^autonomous/.test(line))

/** A collector whose samples the test sets, and its exposition. */
function collected(emits: readonly SeriesSpec[]) {
	const clock = manualClock(1_000)
	const telemetry = new MetricRegistry({ clock })
	let given: readonly Sample[] | undefined = []
	telemetry.collect({
		name: "analysis",
		group: "autonomous",
		emits,
		intervalMs: 15_000,
		timeoutMs: 1_000,
		zeroHoldMs: 30,
		collect: async () => given ?? Promise.reject(new Error("away")),
	})
	return {
		clock,
		async show(samples: readonly Sample[] | undefined) {
			given = samples
			await telemetry.runOnce()
			return lines(await telemetry.exposeAll())
		},
		shown: async () => lines(await telemetry.exposeAll()),
	}
}

describe("a collector's counter whose labels were not known beforehand", () => {
	const old = sample(insights, { category: "old" }, 5)
	const fresh = sample(insights, { category: "new" }, 7)
	const exposed = (category: string, value: number) => `autonomous_insights_total{category="${category}"} ${value}`

	it("is shown at 0 for a while before its first value, unless it was there at the first look", async () => {
		const { clock, show, shown } = collected([insights])
		expect(await show([old])).toEqual([exposed("old", 5)])
		clock.advance(15)
		expect(await show([old, fresh])).toEqual([exposed("old", 5), exposed("new", 0)])
		clock.advance(15)
		expect(await show([old, fresh])).toEqual([exposed("old", 5), exposed("new", 0)])
		clock.advance(15)
		expect(await shown()).toEqual([exposed("old", 5), exposed("new", 7)])
	})

	it("does not begin at 0 again after its source was away", async () => {
		const { clock, show } = collected([insights])
		await show([old])
		clock.advance(15)
		await show([old, fresh])
		clock.advance(30)
		expect(await show(undefined)).toEqual([])
		expect(await show([old, fresh])).toEqual([exposed("old", 5), exposed("new", 7)])
	})

	it("is distinguished from counters at 0 from the start, and from gauges", async () => {
		const { clock, show } = collected([rollbacks, reviewsPending])
		await show([])
		clock.advance(15)
		expect(await show([sample(rollbacks, { trigger: "manual" }, 1), sample(reviewsPending, {}, 3)])).toEqual([
			'autonomous_rollbacks_total{trigger="automatic"} 0',
			'autonomous_rollbacks_total{trigger="manual"} 1',
			"autonomous_reviews_pending 3",
		])
	})
})

describe("an instrument's label set that appears", () => {
	it("is shown at 0, then with all that was added meanwhile, in counters and histograms alike", async () => {
		const clock = manualClock(0)
		const telemetry = new MetricRegistry({ clock })
		const requests = telemetry.counter(mcpRequests, { zeroHoldMs: 20_000 })
		const durations = telemetry.histogram(mcpRequestDuration, { zeroHoldMs: 20_000 })
		const shown = async () =>
			lines(await telemetry.exposeAll()).filter((line) => /_total|_count|_sum|le="\+Inf"/.test(line))
		const exposed = (count: number, sum: number) => [
			`autonomous_mcp_requests_total{server="a"} ${count}`,
			`autonomous_mcp_request_duration_seconds_bucket{server="a",le="+Inf"} ${count}`,
			`autonomous_mcp_request_duration_seconds_sum{server="a"} ${sum}`,
			`autonomous_mcp_request_duration_seconds_count{server="a"} ${count}`,
		]
		requests.inc({ server: "a" })
		durations.observe({ server: "a" }, 2)
		expect(await shown()).toEqual(exposed(0, 0))
		clock.advance(19_999)
		requests.inc({ server: "a" }, 2)
		durations.merge({ server: "a" }, [2], 0.002)
		expect(await shown()).toEqual(exposed(0, 0))
		clock.advance(1)
		expect(await shown()).toEqual(exposed(3, 2.002))
	})
})
