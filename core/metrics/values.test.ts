import { describe, expect, it } from "vitest"
import { capturedValue } from "../catalogue/subjects/captured.ts"
import { claudeCost, claudeTokens } from "../catalogue/subjects/claude-code.ts"
import { mcpRequestDuration, mcpRequests, mcpTools } from "../catalogue/subjects/mcp.ts"
import { taskErrors } from "../catalogue/subjects/outcomes.ts"
import { reviewsPending, rollbackDuration, rollbacks } from "../catalogue/subjects/safety.ts"
import { manualClock } from "../lib/clock.ts"
import { Tally } from "./durable.ts"
import { cleanLabelValue, PLACE_MS } from "./labels.ts"
import { MetricRegistry } from "./registry.ts"
import { histogramSample, sample } from "./samples.ts"
import { grown, largestTotal, refuseBuckets, refuseGauge, refuseIncrease, refuseObservation } from "./values.ts"

const exposed = async (telemetry: MetricRegistry) => {
	const lines = (await telemetry.exposeAll()).split("\n").filter((line) => line !== "" && !line.startsWith("#"))
	return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]))
}
const refused = (series: { readonly name: string }, reason: string) =>
	`observatory_values_refused_total{series="${series.name}",reason="${reason}"}`

describe("a number from outside", () => {
	it.each([
		[Number.NaN, "not_a_number"],
		["12" as unknown as number, "not_a_number"],
		[Number.POSITIVE_INFINITY, "infinite"],
		[Number.NEGATIVE_INFINITY, "infinite"],
		[-0.5, "negative"],
		[1e308, "implausible"],
		[2 ** 63, "implausible"],
		[2 ** 53, "implausible"],
		[0, undefined],
		[1e12, undefined],
	])("%d is refused as %s where a counter would grow by it", (by, reason) => {
		expect(refuseIncrease(claudeTokens, by)).toBe(reason)
	})

	it("is limited to what its unit makes plausible", () => {
		expect(refuseObservation(mcpRequestDuration, 1.8e9)).toBe("implausible")
		expect(refuseObservation(taskErrors, 97.5)).toBe("implausible")
		expect(refuseIncrease(claudeCost, 1e8)).toBe("implausible")
		expect(refuseGauge(2 ** 63)).toBeUndefined()
		expect(refuseGauge(-1e30)).toBe("implausible")
	})

	it.each([
		[[1, 0], Number.POSITIVE_INFINITY, "infinite"],
		[[1, 0], -1, "negative"],
		[[1, Number.NaN], 1, "not_a_number"],
		[[1, 2 ** 63], 1, "implausible"],
		[[1, 0], 1e10, "implausible"],
		[[10, 0], 1e9, undefined],
	])("among buckets %j with the sum %d is refused as %s", (counts, sum, reason) => {
		expect(refuseBuckets(mcpRequestDuration, { counts, sum })).toBe(reason)
	})
})

describe("a total", () => {
	it("begins again where it would lose increments, and never becomes infinite", () => {
		const most = largestTotal("count")
		expect(grown(most - 1, 1, most)).toBe(most)
		expect(grown(most, 1, most)).toBe(1)
		let total = 0
		for (let i = 0; i < 20_000; i++) total = grown(total, 1e12, most)
		const before = total
		expect(grown(total, 1, most)).toBe(before + 1)
	})

	it("of a tally takes the same values and says which it did not take", () => {
		const tally = new Tally()
		for (const by of [1, Number.NaN, 1e308, 1e308, -1, 0, 2]) tally.count(rollbacks, { trigger: "manual" }, by)
		for (const value of [1, Number.POSITIVE_INFINITY, -3, 1.8e9]) tally.observe(rollbackDuration, {}, value)
		expect(tally.totals.map(({ value }) => value)).toEqual([3, 1, 1])
		expect(tally.refused.map(([series, reason]) => `${series.replace("autonomous_", "")} ${reason}`)).toEqual([
			"rollbacks_total not_a_number",
			"rollbacks_total implausible",
			"rollbacks_total implausible",
			"rollbacks_total negative",
			"rollback_duration_seconds infinite",
			"rollback_duration_seconds negative",
			"rollback_duration_seconds implausible",
		])
	})
})

describe("an exposition", () => {
	it("has no value that an instrument was given and that cannot be right, and counts it", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		const requests = telemetry.counter(mcpRequests)
		const tools = telemetry.gauge(mcpTools)
		const captured = telemetry.gauge(capturedValue)
		const durations = telemetry.histogram(mcpRequestDuration)
		for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 1e308, 4]) {
			requests.inc({ server: "a" }, odd)
			tools.set({ server: "a" }, odd)
			captured.set({ name: "n", application: "x" }, odd)
			durations.observe({ server: "a" }, odd)
			durations.merge({ server: "a" }, [0, 1, ...Array(13).fill(0)], odd)
		}
		const samples = await exposed(telemetry)
		for (const [name, value] of samples) expect([name, Number.isFinite(value)]).toEqual([name, true])
		expect(samples.get('autonomous_mcp_requests_total{server="a"}')).toBe(4)
		expect(samples.get('autonomous_mcp_server_tools{server="a"}')).toBe(4)
		expect(samples.get('autonomous_mcp_request_duration_seconds_sum{server="a"}')).toBe(8)
		expect(samples.get(refused(mcpRequestDuration, "infinite"))).toBe(2)
		expect(samples.get(refused(mcpRequests, "not_a_number"))).toBe(1)
	})

	it("leaves out a collector's sample that cannot be right, and keeps its other ones", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		telemetry.collect({
			name: "odd",
			group: "safety",
			emits: [reviewsPending, rollbacks, rollbackDuration],
			intervalMs: 1_000,
			timeoutMs: 1_000,
			collect: async () => [
				sample(reviewsPending, {}, Number.NaN),
				sample(rollbacks, { trigger: "manual" }, 2),
				sample(rollbacks, { trigger: "automatic" }, Number.POSITIVE_INFINITY),
				histogramSample(rollbackDuration, {}, Array(11).fill(1), Number.NaN),
			],
		})
		await telemetry.runOnce()
		const samples = await exposed(telemetry)
		expect(samples.get('observatory_collector_success{collector="odd"}')).toBe(1)
		expect(samples.get('autonomous_rollbacks_total{trigger="manual"}')).toBe(2)
		expect(samples.has("autonomous_reviews_pending")).toBe(false)
		expect(samples.has("autonomous_rollback_duration_seconds_sum")).toBe(false)
		expect(samples.get(refused(reviewsPending, "not_a_number"))).toBe(1)
		expect(samples.get(refused(rollbacks, "infinite"))).toBe(1)
	})
})

describe("a label value from outside", () => {
	it.each([
		["a\u0000b\u001b[31mc", "a\ufffdb\ufffd[31mc"],
		["ad\u200ba\u202e", "ada"],
		["\u200b", "\ufffd"],
		["\ud800x", "\ufffdx"],
		["two\nlines 😀", "two\nlines 😀"],
		["", ""],
		["x".repeat(500), "x".repeat(120)],
	])("is cleaned: %j is %j", (given, clean) => {
		expect(cleanLabelValue(given)).toBe(clean)
		expect(cleanLabelValue(clean)).toBe(clean)
	})
})

describe("the places of a label", () => {
	const crowded = async () => {
		const clock = manualClock(1_000_000)
		const telemetry = new MetricRegistry({ ownGroup: "health", clock })
		const requests = telemetry.counter(mcpRequests, { zeroHoldMs: 1_000 })
		const durations = telemetry.histogram(mcpRequestDuration)
		const call = (server: string) => {
			requests.inc({ server })
			durations.observe({ server }, 1)
		}
		for (let i = 0; i < 200; i++) call(`junk-${i}`)
		const count = async (server: string) =>
			(await exposed(telemetry)).get(`autonomous_mcp_requests_total{server="${server}"}`)
		return { clock, telemetry, call, count }
	}

	it("come back to real names when junk that took them was not seen for an hour", async () => {
		const { clock, telemetry, call, count } = await crowded()
		call("github")
		expect([await count("github"), await count("junk-0")]).toEqual([undefined, 0])
		clock.advance(PLACE_MS / 2)
		for (let i = 1; i < 200; i++) call(`junk-${i}`)
		clock.advance(PLACE_MS / 2)
		call("github")
		clock.advance(1_000)
		call("github")
		call("gitlab")
		expect([await count("github"), await count("junk-0"), await count("junk-1"), await count("gitlab")]).toEqual([
			2,
			undefined,
			2,
			undefined,
		])
		const lines = [...(await exposed(telemetry)).keys()].filter((line) =>
			line.startsWith("autonomous_mcp_requests_total"),
		)
		expect(lines).toHaveLength(201)
	})

	it("show a name that has come back at 0 first, as one that is new", async () => {
		const { clock, call, count } = await crowded()
		clock.advance(PLACE_MS)
		for (let i = 0; i < 200; i++) call(`other-${i}`)
		clock.advance(PLACE_MS)
		call("junk-0")
		expect(await count("junk-0")).toBe(0)
		clock.advance(1_000)
		expect(await count("junk-0")).toBe(1)
	})

	it("go to names that are known to be real before all others, at once", async () => {
		const { telemetry, call, count, clock } = await crowded()
		telemetry.prefer("server", (name) => name === "github")
		call("github")
		call("gitlab")
		clock.advance(1_000)
		expect([await count("github"), await count("gitlab"), await count("junk-0")]).toEqual([1, undefined, undefined])
	})
})
