import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { program } from "../support/programs.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const START = Date.UTC(2026, 0, 5) / 1000
const MINUTES = 14 * 1_440
const iso = (minute: number) => new Date((START + minute * 60) * 1000).toISOString()

let prometheus: TestPrometheus
let scratch = ""
const file = (name: string, text: string) => {
	writeFileSync(path.join(scratch, name), text)
	return path.join(scratch, name)
}

const calibrate = (...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		const all = [...program("prometheus/calibrate/main.ts"), "--prometheus-url", prometheus.url]
		const range = ["--range", "14d", "--until", iso(MINUTES - 1)]
		execFile("node", [...all, ...range, ...args], { cwd: ROOT, timeout: 60_000 }, (error, stdout, stderr) =>
			resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
		)
	})

/** Twice a day for 40 minutes too much, once 9 days in for two hours very much. */
function pending(minute: number): number {
	if (minute >= 13_000 && minute < 13_120) return 80
	return minute % 720 >= 100 && minute % 720 < 140 ? 26 : 4
}

/** Two servers; one is disconnected for 3 minutes every 8 hours, in the second week only. */
const disconnected = (server: string, minute: number) => server === "github" && minute >= 10_080 && minute % 480 < 3

function past(): string {
	const gauges = new Map<string, (minute: number) => number>([
		['autonomous_reviews_pending{instance="a",job="autonomous"}', pending],
		['autonomous_reviews_pending{instance="b",job="autonomous"}', pending],
		...["github", "files"].flatMap((server) =>
			["connected", "disconnected", "error"].map(
				(status) =>
					[
						`autonomous_mcp_server_status{server="${server}",status="${status}",instance="a",job="health"}`,
						(minute: number) =>
							Number((status === "disconnected") === disconnected(server, minute) && status !== "error"),
					] as const,
			),
		),
	])
	const names = [...new Set([...gauges.keys()].map((name) => name.slice(0, name.indexOf("{"))))]
	const lines = names.flatMap((name) => [
		`# TYPE ${name} gauge`,
		...[...gauges].flatMap(([series, value]) =>
			series.startsWith(`${name}{`)
				? Array.from({ length: MINUTES }, (_, minute) => `${series} ${value(minute)} ${START + minute * 60}`)
				: [],
		),
	])
	return `${lines.join("\n")}\n# EOF\n`
}

const ALERTS = `
alerts:
    warning:
        - { name: review_backlog, condition: metrics.reviews.pending > 20, duration: 30m, channels: [ops] }
        - { name: mcp_connection_lost, condition: "any(metrics.mcpServers.*.status != 'connected')", duration: 1m, channels: [ops] }
        - { name: database_slow, condition: metrics.database.queryLatency > 250ms, duration: 10m, channels: [ops] }
    info:
        - { name: watchdog, expr: vector(1), heartbeat: true, channels: [] }
`

beforeAll(async () => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-calibrate-"))
	prometheus = await startPrometheus({}, { groups: [] }, past())
})
afterAll(async () => {
	await prometheus.stop()
	rmSync(scratch, { recursive: true, force: true })
})

describe("npm run calibrate", () => {
	it("counts the firings that the history holds, and proposes what brings them down to the target", async () => {
		const { code, stdout, stderr } = await calibrate("--file", file("alerts.yaml", ALERTS), "--format", "json")
		expect(code).toBe(0)
		expect(stderr.trim().split("\n").at(-1)).toBe("3 of 3: database_slow")
		const [backlog, lost, slow] = JSON.parse(stdout).alerts
		expect(backlog).toMatchObject({
			observedSeconds: 14 * 86_400,
			allowedFalseAlarms: 2,
			now: { threshold: 20, durationSeconds: 1_800, fired: 28, longestSeconds: 90 * 60 },
			verdict: "change",
			proposal: { threshold: 20, durationSeconds: 3_600, fired: 1, falseAlarms: 1 },
		})
		expect(lost).toMatchObject({
			operator: null,
			now: { threshold: null, fired: 21, firingSeconds: 21 * 2 * 60 },
			proposal: { durationSeconds: 180, fired: 0 },
		})
		expect(slow).toMatchObject({ verdict: "no history", observedSeconds: 0, proposal: null })
	})

	it("proposes another threshold when a longer duration would miss a known incident", async () => {
		const incidents = file(
			"incidents.yaml",
			`- { from: ${iso(12_990)}, to: ${iso(13_200)} }\n- { from: ${iso(101)}, to: ${iso(150)} }\n`,
		)
		const alerts = file("shorter.yaml", ALERTS.replace("duration: 30m", "duration: 35m"))
		const args = ["--file", alerts, "--alert", "review_backlog", "--incidents", incidents]
		const { stdout } = await calibrate(...args, "--format", "json")
		expect(JSON.parse(stdout).alerts).toMatchObject([
			{ now: { fired: 28, falseAlarms: 26, incidentsCaught: 2 }, verdict: "change" },
		])
		const table = await calibrate(...args)
		expect(table.stdout).toContain("misses 1 of 2 incidents")
		expect(table.stdout).toContain("2 incidents are known; firings in them are no false alarms.")
	})

	it("finds nothing to change once its proposal has been taken", async () => {
		const taken = ALERTS.replace("duration: 30m", "duration: 1h").replace("duration: 1m", "duration: 3m")
		const { stdout } = await calibrate("--file", file("taken.yaml", taken))
		expect(stdout).toMatch(/^review_backlog +warning +14\.0d +1 +1 +2 +1h +1h +keep$/m)
		expect(stdout).toMatch(/^mcp_connection_lost +warning +14\.0d +0 +0 +2 +- +- +keep$/m)
		expect(stdout).toMatch(/^database_slow .*its series are not in this history$/m)
	})

	it("says what is wrong with the file, the alert's name or the address, on one screen", async () => {
		const broken = await calibrate("--file", file("broken.yaml", ALERTS.replace("pending > 20", "pendin > 20")))
		expect([broken.code, broken.stdout]).toEqual([1, ""])
		expect(broken.stderr).toContain("did you mean metrics.reviews.pending?")
		const unknown = await calibrate("--file", file("alerts.yaml", ALERTS), "--alert", "review_backlogs")
		expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("Did you mean review_backlog?")])
		const away = await calibrate("--prometheus-url", "http://127.0.0.1:9")
		expect([away.code, away.stderr]).toEqual([1, expect.stringContaining("--prometheus-url")])
		expect((await calibrate("--target", "seldom")).code).toBe(2)
		for (const { stderr } of [broken, unknown, away]) expect(stderr).not.toContain("    at ")
	})
})
