import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { parse } from "yaml"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { workerMemory, workerUp } from "../../core/catalogue/subjects/workers.ts"
import { type HttpServer, listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createApp } from "../../exporters/app.ts"
import { workersCollector } from "../../exporters/health/workers.ts"
import { workers } from "../../exporters/sources/processes/config.ts"
import { processTable } from "../../exporters/sources/processes/table.ts"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { type LocalServer, serve } from "../support/local-server.ts"
import { freePort } from "../support/postgres.ts"
import { eventually, findProgram } from "../support/process.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

const fixture = (name: string) => path.resolve(import.meta.dirname, "../fixtures/workers", name)
/** A worker takes about 50 MB when it starts and 300 MB when it has leaked. */
const LIMIT = "150000000"

interface Rules {
	groups: { rules: { alert: string; expr: string; for: string }[] }[]
}

/** The alert as it is shipped, with a limit and a duration that suit a test. */
function highMemoryUsage() {
	const file = path.resolve(import.meta.dirname, "../../prometheus/rules/alerts.yml")
	const rules = (parse(readFileSync(file, "utf8")) as Rules).groups.flatMap((group) => group.rules)
	const rule = rules.find(({ alert }) => alert === "high_memory_usage")
	if (!rule) throw new Error("there is no alert high_memory_usage")
	const expr = rule.expr.replace("2000000000", LIMIT)
	expect(expr).not.toBe(rule.expr)
	return { ...rule, expr, for: "1s" }
}

const missing = (findProgram("prometheus") === undefined && !process.env.CI) || withoutAlertmanager

describe.skipIf(missing)("a worker over its memory limit (skipped only where no servers are installed)", () => {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-workers-"))
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	let exporters: HttpServer
	let prometheus: TestPrometheus
	let alertmanager: TestAlertmanager
	let webhook: TestWebhook
	let slack: LocalServer

	const pidFile = (worker: string) => path.join(folder, `${worker}.pid`)
	const pidOf = (worker: string) => Number(readFileSync(pidFile(worker), "utf8"))
	const start = async (worker: string) => {
		const child = spawn(process.execPath, [fixture("worker.mjs"), pidFile(worker)], { stdio: "ignore" })
		await eventually(
			async () => {
				try {
					return pidOf(worker)
				} catch {
					return undefined
				}
			},
			(pid) => pid === child.pid,
		)
	}

	beforeAll(async () => {
		await Promise.all([start("agent"), start("doomed")])
		const configured = workers().parse(`agent=pidfile:${pidFile("agent")},doomed=pidfile:${pidFile("doomed")}`)
		telemetry.collect({ ...workersCollector(configured, processTable(process.platform)), intervalMs: 500 })
		telemetry.start()
		const app = createApp({ telemetry, requests: telemetry.histogram(httpRequestDuration), log: silentLogger })
		exporters = await listen(app, { host: "127.0.0.1", port: 0 }, "EXPORTERS_LISTEN")

		const port = await freePort()
		slack = await serve((_, res) => void res.end("ok"))
		alertmanager = await startAlertmanager(`
route:
  { receiver: observatory, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h,
    routes: [{ receiver: observatory, continue: true }, { receiver: slack-ops, matchers: ['channels=~".*,slack-ops,.*"'] }] }
receivers:
  - name: slack-ops
    slack_configs: [{ api_url: "${slack.url}/hook", channel: "#ops" }]
  - name: observatory
    webhook_configs: [{ url: "http://127.0.0.1:${port}/api/alertmanager", http_config: { authorization: { credentials: ${WEBHOOK_TOKEN} } } }]
`)
		prometheus = await startPrometheus(
			{
				global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
				scrape_configs: [
					{
						job_name: "health",
						metrics_path: "/metrics/health",
						static_configs: [{ targets: [new URL(exporters.url).host] }],
					},
					{ job_name: "alertmanager", static_configs: [{ targets: [new URL(alertmanager.url).host] }] },
				],
				alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
			},
			{ groups: [{ name: "test", rules: [highMemoryUsage()] }] },
		)
		const restarters = path.join(folder, "remediation.yaml")
		const exec = (...args: string[]) => ({ exec: [process.execPath, fixture("restart.mjs"), ...args] })
		const ways = { agent: exec(pidFile("agent")), doomed: exec(pidFile("doomed"), "and-leave-it") }
		writeFileSync(restarters, JSON.stringify({ workers: ways }))
		webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), {
			env: {
				WEBHOOK_LISTEN: `127.0.0.1:${port}`,
				PROMETHEUS_URL: prometheus.url,
				ALERTMANAGER_URL: alertmanager.url,
				REMEDIATION_CONFIG: restarters,
				VERIFY_EVERY: "1s",
				VERIFY_FOR: "25s",
			},
		})
		await webhook.setPolicy({ action: "restartWorker", mode: "auto" })
	})
	afterAll(async () => {
		for (const worker of ["agent", "doomed"])
			try {
				process.kill(pidOf(worker), "SIGKILL")
			} catch (error) {
				expect((error as NodeJS.ErrnoException).code).toMatch(/ESRCH|ENOENT/)
			}
		await prometheus?.stop()
		await alertmanager?.stop()
		await webhook?.stop()
		await slack?.close()
		await telemetry.stop()
		await exporters?.close()
		rmSync(folder, { recursive: true, force: true })
	})

	const value = async (series: { name: string }, worker: string) => {
		const [element] = await prometheus.ask("query", { query: `${series.name}{worker="${worker}"}` })
		return Number((element as { value: [number, string] } | undefined)?.value[1])
	}
	const remediationOf = async (worker: string) => (await webhook.remediations()).find(({ target }) => target === worker)
	const ended = async (worker: string) => {
		const over = await eventually(
			() => remediationOf(worker),
			(row) => row?.state === "succeeded" || row?.state === "failed",
		)
		if (!over) throw new Error("unreachable")
		return over
	}

	it("is restarted by itself, once, and the restart counts as a success when it lives and its memory is small again", async () => {
		const before = pidOf("agent")
		await eventually(
			() => value(workerUp, "agent"),
			(up) => up === 1,
		)
		process.kill(before, "SIGUSR2")
		const row = await ended("agent")
		expect(row).toMatchObject({ state: "succeeded", reason: null })
		const after = pidOf("agent")
		expect(after).not.toBe(before)
		expect(() => process.kill(before, 0)).toThrow(/ESRCH/)
		expect(await value(workerMemory, "agent")).toBeLessThan(Number(LIMIT))
		expect(await value(workerUp, "agent")).toBe(1)

		await eventually(
			() => webhook.incident(row.incidentId),
			({ status }) => status === "resolved",
		)
		const kinds = await webhook.timeline(row.incidentId)
		// How unusual the value was is found out beside all this, whenever there is time.
		const beside = ["resolved", "scored", "onset", "pending", "notified", "promise_broken"]
		expect(kinds.filter((kind) => !beside.includes(kind))).toEqual([
			"fired",
			"received",
			...["approved", "running", "verifying", "succeeded"].map((state) => `remediation_${state}`),
		])
		expect(kinds.filter((kind) => kind === "resolved")).toHaveLength(1)
		expect(pidOf("agent")).toBe(after)
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})

	it("has a clock from the onset to the channel, by what Prometheus and Alertmanager's counters know", async () => {
		const id = await webhook.idOf("high_memory_usage")
		const { clock, notified, startsAt } = await eventually(
			() => webhook.incident(id),
			({ notified }) => notified.length > 0,
		)
		expect(clock).toMatchObject({ onset: "measured", onsetFrom: "rule", onsetAt: clock?.pendingAt })
		expect(notified).toMatchObject([{ channel: "slack-ops", evidence: "counter" }])
		const times = [clock?.onsetAt, startsAt, notified[0]?.acceptedAt].map((at) => Date.parse(at ?? ""))
		expect(times).toEqual([...times].sort((a, b) => a - b))
		// For a second the condition has to be true; the channel is at most 5 s and a scrape behind.
		expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000)
		expect((times[2] ?? 0) - (times[1] ?? 0)).toBeLessThan(15_000)
		expect((await webhook.timeline(id)).slice(0, 3)).toEqual(["onset", "pending", "fired"])
		const detected = 'observatory_incident_detection_seconds_count{severity="warning",onset="measured"}'
		const text = await eventually(
			() => webhook.metrics(),
			(now) => now.includes(`${detected} 1`),
		)
		for (const step of ["pending", "fired", "received", "notified", "remediated", "verified", "resolved"])
			expect(text).toContain(`observatory_incident_step_seconds_count{severity="warning",step="${step}"} 1`)
	})

	it("that was ended but did not come back is a failure, though no memory is taken any more", async () => {
		process.kill(pidOf("doomed"), "SIGUSR2")
		const row = await ended("doomed")
		expect(row.state).toBe("failed")
		expect(row.reason).toContain("doomed is not healthy")
		expect(await webhook.timeline(row.incidentId)).toContain("remediation_failed")
	})
})
