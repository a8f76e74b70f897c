import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect, it } from "vitest"
import { samples } from "../precision/columns.ts"
import { evaluateHistory } from "../precision/evaluate.ts"
import { alertingRules, RULES } from "../precision/rules.ts"
import { INCIDENTS } from "../precision/schedule.ts"
import { seriesOf } from "../precision/series.ts"
import { createWorld, MINUTE, STEP, timeOf } from "../precision/world.ts"

// Recordings of recordings, a window, a long duration, keep_firing_for, `unless`, a histogram and a plain gauge.
const ALERTS = [
	"database_down",
	"contract_unreadable",
	"collector_failed",
	"mcp_connection_lost",
	"mcp_server_degraded",
	"mcp_server_slow",
	"sessions_all_failing",
	"autonomous_session_failure_spike",
	"safety_violation",
	"exporter_down",
	"notifications_failing",
	"telemetry_buffer_filling",
]

it("fires at the same evaluations as the rules do in a rule test of promtool", async () => {
	const scrapes = { start: Date.UTC(2026, 0, 5) / 1_000, count: 75 * 4 }
	const world = createWorld(3, scrapes)
	const play = (name: string, minute: number) => {
		const kind = INCIDENTS.find((each) => each.name === name)
		if (!kind) throw new Error(`no kind ${name}`)
		kind.play(world, scrapes.start + minute * MINUTE)
	}
	play("nearly every session fails", 5)
	play("the database is down", 8)
	play("a scope violation", 30)
	play("all MCP servers are down", 33)
	play("an MCP server is slow", 40)
	play("a channel refuses notifications", 42)
	play("the span buffer fills", 45)
	play("the exporters are down", 57)
	const { columns } = seriesOf(world, 3)
	const history = { seed: 3, scrapes, columns, labels: [], played: new Map() }
	const rules = alertingRules().filter(({ alert }) => ALERTS.includes(alert))
	const firings = await evaluateHistory(history, rules)
	expect([...new Set(firings.map(({ alert }) => alert))].sort()).toEqual([...ALERTS].sort())

	const end = timeOf(scrapes, scrapes.count)
	const text = [...samples(scrapes, columns, scrapes.start, end)].join("")
	const series = new Map<string, string[]>()
	for (const [, name = "", value = "", time] of text.matchAll(/^(.+) (\S+) (\d+)$/gm)) {
		const values = series.get(name) ?? new Array<string>(scrapes.count).fill("_")
		series.set(name, values)
		values[(Number(time) - scrapes.start) / STEP] = value
	}
	const labelsOf = (labels: Readonly<Record<string, string>>) =>
		Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
	const names = ALERTS.join("|")
	const test = {
		rule_files: ["recordings.yml", "alerts.yml"].map((file) => path.join(RULES, file)),
		evaluation_interval: "15s",
		tests: [
			{
				interval: "15s",
				input_series: [...series].map(([name, values]) => ({ series: name, values: values.join(" ") })),
				promql_expr_test: Array.from({ length: scrapes.count }, (_, i) => i).map((i) => ({
					expr: `ALERTS{alertstate="firing",alertname=~"${names}"}`,
					eval_time: `${i * STEP}s`,
					exp_samples: firings
						.filter(({ from, until = Infinity }) => from <= timeOf(scrapes, i) && timeOf(scrapes, i) < until)
						.map(({ alert, labels }) => ({
							labels: `ALERTS{${[...labelsOf({ ...labels, alertname: alert, alertstate: "firing" })].join(",")}}`,
							value: 1,
						})),
				})),
			},
		],
	}
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-precision-"))
	try {
		writeFileSync(path.join(folder, "test.yml"), JSON.stringify(test))
		expect(execFileSync("promtool", ["test", "rules", "test.yml"], { cwd: folder, encoding: "utf8" })).toContain(
			"SUCCESS",
		)
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
})
