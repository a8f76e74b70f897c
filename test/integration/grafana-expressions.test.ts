import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { sessionDuration } from "../../core/catalogue/subjects/sessions.ts"
import { componentStates } from "../../grafana/boards/panels/components.ts"
import { controlNow } from "../../grafana/boards/panels/control.ts"
import { mcpHeatmap } from "../../grafana/boards/panels/mcp.ts"
import { firingNow } from "../../grafana/boards/panels/severities.ts"
import { quantile } from "../../grafana/kit/query.ts"

interface Case {
	readonly input: Readonly<Record<string, string>>
	readonly expr: string | undefined
	readonly at: string
	readonly expected: readonly { readonly labels: string; readonly value: number }[]
}

/** Prometheus' own evaluator on made-up series; its output when the expectation is wrong, else empty. */
function promtool({ input, expr, at, expected }: Case): string {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-promtool-"))
	const file = path.join(folder, "test.yml")
	const test = {
		interval: "5m",
		input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
		promql_expr_test: [{ expr, eval_time: at, exp_samples: expected }],
	}
	try {
		writeFileSync(file, JSON.stringify({ tests: [test] }))
		execFileSync("promtool", ["test", "rules", file], { stdio: "pipe" })
		return ""
	} catch (error) {
		return error instanceof Error && "stdout" in error
			? `${error.stdout}${"stderr" in error ? error.stderr : ""}`
			: String(error)
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
}

const database = componentStates[0]?.expr.text
const status = (state: string, instance: string) =>
	`autonomous_component_status{component="database",status="${state}",instance="${instance}",job="health"}`
const states = (instance: string, holds: string) =>
	Object.fromEntries(
		["healthy", "degraded", "unhealthy"].map((state) => [status(state, instance), state === holds ? "1 1" : "0 0"]),
	)
const works = { 'observatory_collector_success{collector="health",instance="a",job="health"}': "1 1" }
const fails = { 'observatory_collector_success{collector="health",instance="a",job="health"}': "0 0" }

describe("the component status", () => {
	it.each([
		["healthy", 2],
		["degraded", 1],
		["unhealthy", 0],
	])("of a %s component is %i", (state, value) => {
		const input = { ...states("a", state), ...works }
		expect(promtool({ input, expr: database, at: "5m", expected: [{ labels: "{}", value }] })).toBe("")
	})

	it("is the worst that any exporter sees", () => {
		const input = { ...states("a", "healthy"), ...states("b", "unhealthy"), ...works }
		expect(promtool({ input, expr: database, at: "5m", expected: [{ labels: "{}", value: 0 }] })).toBe("")
	})

	it("is not set up when the checks run and there is no state", () => {
		expect(promtool({ input: works, expr: database, at: "5m", expected: [{ labels: "{}", value: -1 }] })).toBe("")
	})

	it("is unknown, not unconfigured, when the checks fail or nothing is scraped", () => {
		const unknown = [{ labels: "{}", value: -2 }]
		expect(promtool({ input: fails, expr: database, at: "5m", expected: unknown })).toBe("")
		expect(promtool({ input: {}, expr: database, at: "5m", expected: unknown })).toBe("")
	})
})

describe("the heatmap of response times", () => {
	const series = (server: string) => `server:autonomous_mcp_request_duration:mean5m{server="${server}"}`
	const expr = mcpHeatmap.shows[0]?.expr.text
	/** Two days of one value, then a day of another, in steps of 5 minutes. */
	const changing = { [series("files")]: "0.25x575 1x287", [series("search")]: "1x863" }

	it("averages the same time of day over the days that there are", () => {
		const expected = [
			{ labels: '{server="files"}', value: 0.5 },
			{ labels: '{server="search"}', value: 1 },
		]
		expect(promtool({ input: changing, expr, at: "60h", expected })).toBe("")
	})

	it("has zero, which is no cell, for a server without requests at that time of day", () => {
		const input = { [series("files")]: "0.25x3 _x860" }
		expect(promtool({ input, expr, at: "60h", expected: [{ labels: '{server="files"}', value: 0 }] })).toBe("")
	})

	it("has a row for a configured server without requests", () => {
		const status = 'autonomous_mcp_server_status{server="idle",status="connected",instance="a",job="health"}'
		const input = { ...changing, [status]: "1x863" }
		const expected = [
			{ labels: '{server="files"}', value: 0.5 },
			{ labels: '{server="search"}', value: 1 },
			{ labels: '{server="idle"}', value: 0 },
		]
		expect(promtool({ input, expr, at: "60h", expected })).toBe("")
	})

	it("is never empty, since Grafana's heatmap throws on nothing", () => {
		const expected = [{ labels: '{server="no server yet"}', value: 0 }]
		expect(promtool({ input: {}, expr, at: "60h", expected })).toBe("")
	})
})

describe("the alerts that fire", () => {
	const [critical] = firingNow.shows
	const alert = (labels: string) => `ALERTS{alertname="a",alertstate="firing",severity="critical"${labels}}`

	it("are counted by severity, and are none, not nothing, when none fires", () => {
		const expr = critical?.expr.text
		expect(promtool({ input: {}, expr, at: "5m", expected: [{ labels: "{}", value: 0 }] })).toBe("")
		const input = { [alert("")]: "1 1", [alert(',server="b"')]: "1 1" }
		expect(promtool({ input, expr, at: "5m", expected: [{ labels: "{}", value: 2 }] })).toBe("")
	})

	it("do not count a heartbeat, which always fires", () => {
		const input = { [alert(',heartbeat="true"')]: "1 1" }
		expect(promtool({ input, expr: critical?.expr.text, at: "5m", expected: [{ labels: "{}", value: 0 }] })).toBe("")
	})
})

describe("the control state", () => {
	const control = (state: string, value: number) => ({
		[`observatory_control_state{state="${state}",instance="a",job="alert-webhook"}`]: `${value} ${value}`,
	})

	it.each([
		["run", 0],
		["pause", 1],
		["stop", 2],
	])("is, in the state %s, the number %i", (state, value) => {
		const input = Object.assign({}, ...["run", "pause", "stop"].map((one) => control(one, one === state ? 1 : 0)))
		const expr = controlNow.shows[0]?.expr.text
		expect(promtool({ input, expr, at: "5m", expected: [{ labels: "{}", value }] })).toBe("")
	})
})

describe("a quantile without observations", () => {
	const expr = quantile(sessionDuration, 0.5).expr.text
	const bucket = (le: string, values: string) => ({
		[`autonomous_session_duration_seconds_bucket{instance="a",job="autonomous",le="${le}"}`]: values,
	})

	it("is empty, so that the panel shows its text, not a legend without a line", () => {
		const input = { ...bucket("1", "4x12"), ...bucket("+Inf", "4x12") }
		expect(promtool({ input, expr, at: "60m", expected: [] })).toBe("")
	})

	it("is a number after the first observation", () => {
		const input = { ...bucket("1", "0+1x12"), ...bucket("+Inf", "0+1x12") }
		expect(promtool({ input, expr, at: "60m", expected: [{ labels: "{}", value: 0.5 }] })).toBe("")
	})
})
