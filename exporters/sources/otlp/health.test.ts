import { describe, expect, it } from "vitest"
import { manualClock } from "../../../core/lib/clock.ts"
import { LastMinute, pipelineHealth } from "./health.ts"

const quiet = { received: 100, dropped: 0, refused: 0, utilization: 0, stalledMs: 0 }

describe("pipelineHealth", () => {
	it.each([
		["healthy", "all is processed", {}],
		["healthy", "nothing comes", { received: 0 }],
		["degraded", "a little is dropped", { dropped: 1 }],
		["degraded", "requests are refused", { refused: 1 }],
		["degraded", "the buffer is nearly full", { utilization: 0.9 }],
		["unhealthy", "most is dropped", { dropped: 51 }],
		["unhealthy", "nothing is processed although work waits", { stalledMs: 11_000 }],
	] as const)("is %s when %s", (status, _, activity) => {
		expect(pipelineHealth({ ...quiet, ...activity }).status).toBe(status)
	})
})

describe("LastMinute", () => {
	it("forgets what is older than a minute", () => {
		const clock = manualClock(1_000_000)
		const minute = new LastMinute(() => clock.now())
		minute.add("dropped", 3)
		clock.advance(30_000)
		minute.add("dropped", 2)
		expect(minute.sums().dropped).toBe(5)
		clock.advance(35_000)
		expect(minute.sums().dropped).toBe(2)
		clock.advance(60_000)
		expect(minute.sums()).toEqual({ received: 0, dropped: 0, refused: 0 })
	})
})
