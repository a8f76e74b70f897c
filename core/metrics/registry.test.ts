import { describe, expect, it, vi } from "vitest"
import { gauge } from "../catalogue/define.ts"
import { componentStatus } from "../catalogue/subjects/components.ts"
import { events } from "../catalogue/subjects/events.ts"
import { insights } from "../catalogue/subjects/improvements.ts"
import { mcpRequestDuration, mcpRequests, mcpTools } from "../catalogue/subjects/mcp.ts"
import { buildInfo } from "../catalogue/subjects/observatory.ts"
import { reviewsPending, rollbackDuration, rollbacks } from "../catalogue/subjects/safety.ts"
import { manualClock } from "../lib/clock.ts"
import type { Collector } from "./collector.ts"
import { MetricRegistry } from "./registry.ts"
import { histogramSample, type Sample, sample, stateSet } from "./samples.ts"

/** A collector whose result the test sets. */
function scripted(name: string, group: Collector["group"], emits: Collector["emits"]) {
	const script = { run: async (_signal: AbortSignal): Promise<readonly Sample[]> => [] }
	const collector: Collector = {
		name,
		group,
		emits,
		intervalMs: 15_000,
		timeoutMs: 50,
		collect: (signal) => script.run(signal),
	}
	return { collector, script }
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "")
const samples = (text: string) => lines(text).filter((line) => !line.startsWith("#"))

describe("an exposition", () => {
	it("of collected series is exactly what the samples say, with zeros for known label values and the collector's own state", async () => {
		const telemetry = new MetricRegistry({ clock: manualClock(1_700_000_000_000) })
		const { collector, script } = scripted("safety", "safety", [rollbacks, rollbackDuration, reviewsPending])
		script.run = async () => [
			sample(rollbacks, { trigger: "manual" }, 3),
			sample(reviewsPending, {}, 2),
			histogramSample(rollbackDuration, {}, [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1], 5031),
		]
		telemetry.collect(collector)
		await telemetry.runOnce()
		expect(lines(await telemetry.expose("safety"))).toEqual([
			"# HELP autonomous_rollbacks_total Rollbacks of a deployed improvement that ended, by who triggered them.",
			"# TYPE autonomous_rollbacks_total counter",
			'autonomous_rollbacks_total{trigger="automatic"} 0',
			'autonomous_rollbacks_total{trigger="manual"} 3',
			"# HELP autonomous_rollback_duration_seconds Time from the start of a rollback to recovery.",
			"# TYPE autonomous_rollback_duration_seconds histogram",
			'autonomous_rollback_duration_seconds_bucket{le="1"} 1',
			'autonomous_rollback_duration_seconds_bucket{le="5"} 1',
			'autonomous_rollback_duration_seconds_bucket{le="15"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="30"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="60"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="120"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="300"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="600"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="1800"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="3600"} 3',
			'autonomous_rollback_duration_seconds_bucket{le="+Inf"} 4',
			"autonomous_rollback_duration_seconds_sum 5031",
			"autonomous_rollback_duration_seconds_count 4",
			"# HELP autonomous_reviews_pending Reviews that wait for a person's decision.",
			"# TYPE autonomous_reviews_pending gauge",
			"autonomous_reviews_pending 2",
			"# HELP observatory_collector_success 1 if the collector's latest run succeeded, 0 if it failed, timed out or has not run yet. While it is 0 only totals that are kept in our database are present, as they were counted last.",
			"# TYPE observatory_collector_success gauge",
			'observatory_collector_success{collector="safety"} 1',
			"# HELP observatory_collector_duration_seconds How long the collector's latest run took, successful or not.",
			"# TYPE observatory_collector_duration_seconds gauge",
			'observatory_collector_duration_seconds{collector="safety"} 0',
			"# HELP observatory_collector_last_success_timestamp_seconds When the collector last succeeded, in seconds since the epoch; 0 before the first time.",
			"# TYPE observatory_collector_last_success_timestamp_seconds gauge",
			'observatory_collector_last_success_timestamp_seconds{collector="safety"} 1700000000',
		])
	})

	it("of instruments starts counters and histograms at 0 for every known label value, and gauges without a value", async () => {
		const telemetry = new MetricRegistry()
		const counted = telemetry.counter(events)
		telemetry.gauge(mcpTools)
		counted.inc({ type: "emergency_stop" }, 2)
		expect(samples(await telemetry.expose("autonomous"))).toEqual([
			'autonomous_events_total{type="improvement_proposed"} 0',
			'autonomous_events_total{type="improvement_validated"} 0',
			'autonomous_events_total{type="improvement_deployed"} 0',
			'autonomous_events_total{type="improvement_rolled_back"} 0',
			'autonomous_events_total{type="analysis_session_complete"} 0',
			'autonomous_events_total{type="emergency_stop"} 2',
			'autonomous_events_total{type="emergency_stop_released"} 0',
			'autonomous_events_total{type="other"} 0',
		])
		expect(samples(await telemetry.expose("health"))).toEqual([])
	})

	it("keeps each group on its own path, and the service's own series on the one it was given", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		telemetry.gauge(buildInfo).set({ version: "1", service: "exporters" }, 1)
		telemetry.gauge(reviewsPending).set({}, 4)
		expect(samples(await telemetry.expose("health"))).toEqual([
			'observatory_build_info{version="1",service="exporters"} 1',
		])
		expect(samples(await telemetry.expose("safety"))).toEqual(["autonomous_reviews_pending 4"])
		expect(samples(await telemetry.expose("business"))).toEqual([])
	})
})

describe("a collector", () => {
	it("that fails has no values and a success of 0, until it works again", async () => {
		const clock = manualClock(10_000)
		const telemetry = new MetricRegistry({ clock })
		const { collector, script } = scripted("safety", "safety", [reviewsPending])
		telemetry.collect(collector)
		const works = async () => [sample(reviewsPending, {}, 1)]
		const state = async () => samples(await telemetry.expose("safety")).filter((line) => !line.includes("duration"))

		expect(await state()).toEqual([
			'observatory_collector_success{collector="safety"} 0',
			'observatory_collector_last_success_timestamp_seconds{collector="safety"} 0',
		])
		script.run = works
		await telemetry.runOnce()
		clock.advance(15_000)
		script.run = () => Promise.reject(new Error("away"))
		await telemetry.runOnce()
		expect(await state()).toEqual([
			'observatory_collector_success{collector="safety"} 0',
			'observatory_collector_last_success_timestamp_seconds{collector="safety"} 10',
		])
		script.run = works
		await telemetry.runOnce()
		expect(await state()).toEqual([
			"autonomous_reviews_pending 1",
			'observatory_collector_success{collector="safety"} 1',
			'observatory_collector_last_success_timestamp_seconds{collector="safety"} 25',
		])
	})

	it("that hangs fails at its deadline, is aborted, and its late result is not used", async () => {
		const telemetry = new MetricRegistry()
		const { collector, script } = scripted("safety", "safety", [reviewsPending])
		let late: (samples: readonly Sample[]) => void = () => undefined
		let aborted = false
		script.run = (signal) => {
			signal.addEventListener("abort", () => {
				aborted = true
			})
			return new Promise((resolve) => {
				late = resolve
			})
		}
		telemetry.collect(collector)
		await telemetry.runOnce()
		late([sample(reviewsPending, {}, 9)])
		await new Promise((resolve) => setImmediate(resolve))
		expect(aborted).toBe(true)
		const text = await telemetry.expose("safety")
		expect(text).not.toMatch(/^autonomous_reviews_pending/m)
		expect(text).toContain('observatory_collector_success{collector="safety"} 0')
	})

	it.each([
		["a series that it does not declare", sample(rollbacks, { trigger: "manual" }, 1)],
		["a label that the series does not have", { series: reviewsPending, labels: { by: "whom" }, value: 1 }],
		["a series without one of its labels", { series: mcpTools, labels: {}, value: 1 }],
	])("that gives %s fails, with all of its values, and the registry continues", async (_, odd) => {
		const telemetry = new MetricRegistry()
		const { collector, script } = scripted("safety", "safety", [reviewsPending, mcpTools])
		script.run = async () => [sample(reviewsPending, {}, 1), odd]
		telemetry.collect(collector)
		await telemetry.runOnce()
		const text = await telemetry.expose("safety")
		expect(text).toContain('observatory_collector_success{collector="safety"} 0')
		expect(text).not.toMatch(/^autonomous_/m)
		script.run = async () => [sample(reviewsPending, {}, 1)]
		await telemetry.runOnce()
		expect(await telemetry.expose("safety")).toContain("autonomous_reviews_pending 1")
	})

	it("drops the label values of a run that are not in the next one", async () => {
		const telemetry = new MetricRegistry()
		const { collector, script } = scripted("health", "health", [mcpTools])
		telemetry.collect(collector)
		script.run = async () => [sample(mcpTools, { server: "a" }, 1), sample(mcpTools, { server: "b" }, 2)]
		await telemetry.runOnce()
		script.run = async () => [sample(mcpTools, { server: "b" }, 3)]
		await telemetry.runOnce()
		expect(samples(await telemetry.expose("health")).filter((line) => line.startsWith("autonomous"))).toEqual([
			'autonomous_mcp_server_tools{server="b"} 3',
		])
	})

	it("does not gather listeners or timers however often it runs", async () => {
		const telemetry = new MetricRegistry()
		const { collector } = scripted("safety", "safety", [reviewsPending])
		telemetry.collect(collector)
		const warnings: Error[] = []
		const listen = (warning: Error) => warnings.push(warning)
		process.on("warning", listen)
		for (let i = 0; i < 30; i++) await telemetry.runOnce()
		await new Promise((resolve) => setImmediate(resolve))
		process.off("warning", listen)
		expect(warnings).toEqual([])
	})

	it("runs again after its interval, never twice at once, and not after stop", async () => {
		const telemetry = new MetricRegistry()
		let running = 0
		let most = 0
		let runs = 0
		telemetry.collect({
			name: "safety",
			group: "safety",
			emits: [],
			intervalMs: 5,
			timeoutMs: 1_000,
			async collect() {
				runs++
				most = Math.max(most, ++running)
				await new Promise((resolve) => setTimeout(resolve, 10))
				running--
				return []
			},
		})
		telemetry.start()
		await vi.waitFor(() => expect(runs).toBeGreaterThan(1), 10_000)
		await telemetry.stop()
		const stoppedAt = runs
		await new Promise((resolve) => setTimeout(resolve, 40))
		expect(most).toBe(1)
		expect(runs).toBe(stoppedAt)
	})
})

describe("what is not in the catalogue", () => {
	it("cannot be exposed, and nothing can be exposed twice", () => {
		const telemetry = new MetricRegistry()
		const unknown = gauge({ name: "made_up", group: "safety", quantity: "count", help: "x", labels: {}, emitter: "x" })
		expect(() => telemetry.gauge(unknown)).toThrow("made_up is not in the catalogue")
		telemetry.gauge(reviewsPending)
		expect(() => telemetry.gauge(reviewsPending)).toThrow("autonomous_reviews_pending is emitted twice")
		expect(() => telemetry.collect(scripted("safety", "safety", [reviewsPending]).collector)).toThrow("emitted twice")
	})
})

describe("labels from outside", () => {
	it("are folded into other beyond their cap, in collectors and instruments alike, and what was folded is counted", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		const requests = telemetry.counter(mcpRequests)
		const durations = telemetry.histogram(mcpRequestDuration)
		const { collector, script } = scripted("analysis", "autonomous", [insights])
		script.run = async () => Array.from({ length: 1_000 }, (_, i) => sample(insights, { category: `c${i}` }, 1))
		telemetry.collect(collector)
		await telemetry.runOnce()
		for (let i = 0; i < 1_000; i++) {
			requests.inc({ server: `s${i}` })
			durations.observe({ server: `s${i}` }, 1)
		}
		const health = samples(await telemetry.expose("health"))
		const autonomous = samples(await telemetry.expose("autonomous"))
		expect(autonomous.filter((line) => line.startsWith("autonomous_insights_total"))).toHaveLength(31)
		expect(autonomous).toContain('autonomous_insights_total{category="other"} 970')
		expect(health.filter((line) => line.startsWith("autonomous_mcp_requests_total"))).toHaveLength(201)
		expect(health).toContain('autonomous_mcp_requests_total{server="other"} 800')
		expect(health).toContain('autonomous_mcp_request_duration_seconds_count{server="other"} 800')
		expect(health).toContain(
			'observatory_label_values_folded_total{series="autonomous_insights_total",label="category"} 970',
		)
		expect(health).toContain(
			'observatory_label_values_folded_total{series="autonomous_mcp_requests_total",label="server"} 800',
		)
	})

	it("may contain anything: quotes, backslashes and line breaks are escaped", async () => {
		const telemetry = new MetricRegistry()
		telemetry.counter(mcpRequests).inc({ server: 'a"b\\c\nd' })
		expect(samples(await telemetry.expose("health"))).toContain(
			'autonomous_mcp_requests_total{server="a\\"b\\\\c\\nd"} 1',
		)
	})

	it("must be the declared ones", () => {
		const telemetry = new MetricRegistry()
		expect(() => telemetry.fold(mcpRequests, {})).toThrow("needs the label server")
		expect(() => telemetry.fold(mcpRequests, { server: "a", tool: "b" })).toThrow("has no label tool")
		expect(telemetry.fold(rollbacks, { trigger: "cosmic" })).toEqual({ trigger: "other" })
	})
})

describe("a state set", () => {
	it("has a series for every state, 1 for the current one", () => {
		expect(
			stateSet(componentStatus, { component: "database" }, "status", "degraded").map(({ labels, value }) => [
				labels.status,
				value,
			]),
		).toEqual([
			["healthy", 0],
			["degraded", 1],
			["unhealthy", 0],
		])
	})
})
