import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { yamlFile } from "../../prometheus/command/plan.ts"
import { renderAlerts } from "../../prometheus/render/rules.ts"

const CONDITIONS = [
	"any(metrics.mcpServers.*.errorRate > 10% && increase(metrics.mcpServers.*.requestCount, 10m) > 20)",
	"metrics.sessions.tokenUsage.cost > dailyBudget * 0.8",
	"health.database.status == 'unhealthy' || metrics.database.queryLatency > 250ms",
	"predict(metrics.database.storageUsage, 4h, 1d) > 10GiB",
	"event.type == 'improvement_deployed'",
]

const alertsYaml = (count: number) =>
	`alerts:\n  warning:\n${Array.from({ length: count }, (_, i) => `    - name: alert_${i}\n      condition: ${JSON.stringify(CONDITIONS[i % CONDITIONS.length])}\n      duration: 5m\n      channels: [slack-ops]\n`).join("")}`

/** Text of the rules for a text of alerts, and how long it took in milliseconds. */
function compile(count: number): { rules: string; ms: number } {
	const text = alertsYaml(count)
	const start = performance.now()
	const { file } = compileAlerts(createSource("alerts.yaml", text))
	if (!file) throw new Error("the benchmark's alerts do not compile")
	const rules = yamlFile("alerts.yaml", {
		groups: renderAlerts(file, { runbookBase: "http://localhost", grafanaBase: "http://localhost" }),
	})
	return { rules, ms: performance.now() - start }
}

function promtool(rules: string): number {
	const directory = mkdtempSync(path.join(tmpdir(), "observatory-bench-"))
	try {
		writeFileSync(path.join(directory, "rules.yml"), rules)
		const start = performance.now()
		execFileSync("promtool", ["check", "rules", "--lint=none", path.join(directory, "rules.yml")], { stdio: "ignore" })
		return performance.now() - start
	} finally {
		rmSync(directory, { recursive: true, force: true })
	}
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const times = (n: number, measure: () => number) => median(Array.from({ length: n }, measure))

/** Whether 1,000 alerts compile faster than promtool checks them, and 10,000 in no more than 12 times that. */
export function run(): boolean {
	compile(1_000)
	const { rules } = compile(1_000)
	const small = times(5, () => compile(1_000).ms)
	const large = times(3, () => compile(10_000).ms)
	const tool = times(5, () => promtool(rules))
	const faster = small < tool
	const linear = large < 12 * small
	process.stdout.write(
		[
			`1,000 alerts compiled, checked and rendered   ${small.toFixed(0)} ms`,
			`promtool check rules of the result            ${tool.toFixed(0)} ms   ${faster ? "slower, as it should be" : "FASTER"}`,
			`10,000 alerts                                 ${large.toFixed(0)} ms   ${(large / small).toFixed(1)} times 1,000${linear ? "" : ": MORE THAN LINEAR"}`,
			"",
		].join("\n"),
	)
	return faster && linear
}
