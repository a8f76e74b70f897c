import { describe, expect, it } from "vitest"
import { growth, over, quantile, type Sampled } from "../../test/support/reference-evaluator.ts"
import { compileAlerts } from "./compile.ts"
import { inertiaOf } from "./inertia.ts"
import { createSource } from "./source.ts"
import { worstDetection } from "./timing.ts"

/** The inertia of an alert with this condition, in seconds. */
function inertia(condition: string, more = ""): number {
	const text = `alerts:\n  warning:\n    - name: one\n      ${condition}\n      duration: 1m\n      channels: [slack-ops]\n${more}`
	const { file, diagnostics } = compileAlerts(createSource("alerts.yaml", text))
	const [alert] = file?.alerts ?? []
	if (!alert) throw new Error(JSON.stringify(diagnostics))
	return inertiaOf(alert.trigger, alert.volumes) / 1000
}
const of = (condition: string, more = "") => inertia(`condition: ${JSON.stringify(condition)}`, more)

/** Everything is well before this moment, and nothing after it, in seconds. */
const STEP = 4_000
const series = (value: (at: number) => number, labels = {}): Sampled => ({
	labels,
	samples: Array.from({ length: 6_000 }, (_, at) => [at, value(at)] as const),
})
/** After how many seconds from the step this is true for the first time. */
function crossing(isTrue: (now: number) => boolean): number {
	for (let now = STEP - 10; now < 5_990; now++) if (isTrue(now)) return now - STEP
	return Number.POSITIVE_INFINITY
}

const all = series((at) => at)
const bad = series((at) => Math.max(0, at - STEP))
/** The share of bad ones in a window. */
const ratio = (window: number) => (now: number) => (growth(bad, now, window) ?? 0) / (growth(all, now, window) ?? 1)

describe("how long a window hides a step from healthy to broken", () => {
	it.each([0.1, 0.5, 0.9])("a share over 15 minutes above %d", (limit) => {
		const worked = of(`metrics.sessions.failureRate > ${limit}`)
		expect(Math.abs(worked - crossing((now) => ratio(900)(now) > limit))).toBeLessThan(2)
		expect(worked).toBeCloseTo(limit * 900)
	})

	it("a share that has to fall: that of rollbacks that succeed, over 7 days", () => {
		expect(of("metrics.rollbacks.successRate < 90%")).toBeCloseTo(0.1 * 7 * 86_400)
		expect(of("90% > metrics.rollbacks.successRate")).toBeCloseTo(0.1 * 7 * 86_400)
		expect(of("safety_compliance_rate < 80")).toBeCloseTo(0.2 * 86_400)
	})

	it.each([
		["avg", 0.3, (limit: number) => limit * 600],
		["min", 0.3, () => 600],
		["max", 0.3, () => 0],
	] as const)("%s of what is 0 or 1, above %d", (how, limit, expected) => {
		const level = series((at) => (at >= STEP ? 1 : 0))
		const seen = crossing((now) => (over(how, level, now, 600) ?? 0) > limit)
		const worked = of(`${how}(metrics.telemetry.bufferUtilization, 10m) > ${limit}`)
		expect(worked).toBeCloseTo(expected(limit))
		expect(Math.abs(worked - seen)).toBeLessThan(2)
	})

	it.each([
		["min", 0],
		["max", 600],
	] as const)("%s of what falls", (how, expected) => {
		const level = series((at) => (at >= STEP ? 0 : 1))
		const seen = crossing((now) => (over(how, level, now, 600) ?? 1) < 0.3)
		expect(of(`${how}(metrics.telemetry.bufferUtilization, 10m) < 0.3`)).toBe(expected)
		expect(Math.abs(expected - seen)).toBeLessThan(2)
	})

	it("a quantile needs its share of slow ones", () => {
		const slow = [
			{ ...series((at) => Math.min(at, STEP)), labels: { le: "1" } },
			{ ...all, labels: { le: "60" } },
			{ ...all, labels: { le: "+Inf" } },
		]
		const seen = crossing((now) => (quantile(0.95, slow, now, 600) ?? 0) > 1)
		const worked = of("any(quantile(metrics.mcpServers.*.responseTime, 95%, 10m) > 10s)")
		expect(worked).toBeCloseTo(30)
		expect(Math.abs(worked - seen)).toBeLessThan(3)
	})

	it("a rate barely above its threshold takes the whole window, a first event nothing", () => {
		const pace = series((at) => Math.max(0, at - STEP))
		const seen = crossing((now) => (growth(pace, now, 900) ?? 0) / 900 > 0.999)
		const worked = of("rate(metrics.database.deadlockCount, 15m) > 0.999")
		expect(worked).toBe(900)
		expect(Math.abs(worked - seen)).toBeLessThan(2)
		expect(of("increase(metrics.violations.total, 10m) > 0")).toBe(0)
		expect(crossing((now) => (growth(pace, now, 600) ?? 0) > 0)).toBeLessThan(3)
	})

	it("whole observations, where the minimum volume is just reached", () => {
		const [volume, window] = [3, 900]
		// Three sessions in 15 minutes, each at the end of its third.
		const ended = (from: number) => series((at) => Math.max(0, Math.floor((at - from) / (window / volume))))
		const failing = ended(STEP)
		const share = (now: number) => {
			const count = (of: Sampled) => (of.samples[now]?.[1] ?? 0) - (of.samples[Math.max(0, now - window)]?.[1] ?? 0)
			return count(failing) / volume
		}
		const seen = crossing((now) => share(now) > 0.5)
		const worked = of("metrics.sessions.failureRate > 0.5", "      minimum_volume: 3\n")
		expect(worked).toBeCloseTo(600)
		expect(Math.abs(worked - seen)).toBeLessThan(2)
		expect(of("metrics.sessions.failureRate > 90%", "      minimum_volume: 3\n")).toBeCloseTo(900)
	})

	it("nothing for states, events, newest values and numbers of events", () => {
		for (const condition of [
			"health.database.status == 'unhealthy'",
			"event.type == 'emergency_stop'",
			"metrics.reviews.pending > 20",
			"metrics.violations.total > 10",
			"any(metrics.workers.*.up == 0)",
		])
			expect(of(condition)).toBe(0)
	})

	it("the slowest of joined conditions, and any part of a calculation in full", () => {
		expect(of("metrics.sessions.failureRate > 0.2 || health.database.status == 'unhealthy'")).toBeCloseTo(180)
		expect(of("metrics.sessions.failureRate > 0.2 && metrics.sessions.failureRate > 0.4")).toBeCloseTo(360)
		expect(of("metrics.sessions.failureRate * 2 > 0.2")).toBeCloseTo(900)
		expect(of("predict(metrics.sessions.tokenUsage.cost, 4h, 2h) > 40")).toBe(7_200)
	})

	it("the age that PromQL waits for", () => {
		expect(inertia("expr: time() - max(observatory_heartbeat_last_received_timestamp_seconds) > 120")).toBe(120)
		const trigger = { kind: "promql", text: "time() - max(x) > 120", series: [] } as const
		expect(worstDetection(trigger, 0, "critical").map(({ what }) => what)).not.toContain("source")
		expect(inertia('expr: min(up{job="health"}) == 0')).toBe(0)
	})
})
