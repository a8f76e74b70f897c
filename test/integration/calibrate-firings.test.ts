import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { firings } from "../../prometheus/calibrate/firings.ts"
import { renderAlerts } from "../../prometheus/render/rules.ts"

const STEP = 15_000
const LENGTH = 400

let scratch = ""
beforeAll(() => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-firings-"))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Values that cross the threshold in runs of every length up to a few minutes. */
const pending = (() => {
	let seed = 7
	let left = 0
	let high = false
	return Array.from({ length: LENGTH }, () => {
		seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
		if (left-- === 0) {
			high = !high
			left = Math.floor((seed / 2 ** 32) ** 2 * 24)
		}
		return high ? 30 : 10
	})
})()

it.each([
	["0s", "0s"],
	["15s", "0s"],
	["1m", "0s"],
	["2m", "0s"],
	["0s", "30s"],
	["1m", "1m"],
	["2m", "2m30s"],
])(
	"with a duration of %s and keep_firing_for %s the calibrated firings are those of Prometheus' own rules",
	(duration, keep) => {
		const entry = `{ name: x, condition: metrics.reviews.pending > 20, duration: ${duration}, keep_firing_for: ${keep}, channels: [ops] }`
		const { file } = compileAlerts(createSource("x.yaml", `alerts:\n  warning:\n    - ${entry}\n`))
		const alert = file?.alerts[0]
		if (!file || !alert) throw new Error("it does not compile")
		const timeline = { startMs: 0, stepMs: STEP, length: LENGTH }
		const found = firings((i) => (pending[i] ?? 0) > 20, timeline, alert)
		expect(found.length).toBeGreaterThan(2)
		const fires = (i: number) => found.some(({ fromMs, toMs }) => i * STEP >= fromMs && i * STEP < toMs)

		const links = { runbookBase: "http://localhost", grafanaBase: "http://localhost" }
		writeFileSync(path.join(scratch, "rules.yml"), JSON.stringify({ groups: renderAlerts(file, links) }))
		const promql_expr_test = pending.map((_, i) => ({
			expr: 'count(ALERTS{alertname="x",alertstate="firing"})',
			eval_time: `${(i * STEP) / 1000}s`,
			exp_samples: fires(i) ? [{ labels: "{}", value: 1 }] : [],
		}))
		const input_series = [
			{ series: 'autonomous_reviews_pending{instance="a",job="autonomous"}', values: pending.join(" ") },
		]
		const tests = [{ interval: "15s", input_series, promql_expr_test }]
		writeFileSync(
			path.join(scratch, "test.yml"),
			JSON.stringify({ rule_files: ["rules.yml"], evaluation_interval: "15s", tests }),
		)
		expect(execFileSync("promtool", ["test", "rules", "test.yml"], { cwd: scratch, encoding: "utf8" })).toContain(
			"SUCCESS",
		)
	},
)
