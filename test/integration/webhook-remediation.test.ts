import { mkdtempSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import {
	inboxConfiguration,
	startAlertmanager,
	type TestAlertmanager,
	withoutAlertmanager,
} from "../support/alertmanager.ts"
import { eventually, findProgram } from "../support/process.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

/**
 * Replaces an MCP server with its prober and its supervisor, which is connected or not and can be restarted, for what
 * counts violations, for a worker that the exporters watch, and for one of which only its own memory is known.
 */
class Outside {
	connected = true
	/** Whether a restart helps. */
	heals = true
	restarts = 0
	readonly violations = { read_only: 0, scope: 0 }
	/** Whether the watched worker is stuck, until it is restarted. */
	stuck = 0
	/** In bytes; it has no series when the worker is gone. */
	memory: number | undefined = 10
	readonly github: string[] = []
	readonly #server: Server = createServer((req, res) => {
		if (req.url === "/metrics") {
			const value = (state: string) => Number((state === "connected") === this.connected)
			const states = ["connected", "disconnected", "error"].map(
				(state) =>
					`autonomous_mcp_server_status{server="everything",status="${state}"} ${state === "error" ? 0 : value(state)}`,
			)
			const violations = Object.entries(this.violations).map(
				([kind, count]) => `autonomous_violations_total{kind="${kind}"} ${count}`,
			)
			const memory = this.memory === undefined ? [] : [`legacy_memory_bytes{worker="legacy"} ${this.memory}`]
			const watched = ['autonomous_worker_up{worker="indexer"} 1', `indexer_stuck{worker="indexer"} ${this.stuck}`]
			res.end(`${[...states, ...violations, ...memory, ...watched].join("\n")}\n`)
		} else if (req.url === "/unstick") {
			this.stuck = 0
			res.end("{}")
		} else if (req.url === "/crash") {
			this.memory = undefined
			res.end("{}")
		} else if (req.url === "/restart" && req.method === "POST") {
			if (req.headers.authorization !== "Bearer restarter-token") return void res.writeHead(401).end()
			this.restarts++
			if (this.heals) this.connected = true
			res.end("{}")
		} else if (req.url?.startsWith("/repos/")) {
			this.github.push(`${req.method} ${req.url}`)
			res.setHeader("content-type", "application/json")
			if (req.method === "PUT") return void res.writeHead(204).end()
			const workflows = [{ id: 7, name: "autonomous-analysis", path: ".github/workflows/autonomous-analysis.yml" }]
			res.end(JSON.stringify({ total_count: 1, workflows }))
		} else res.writeHead(404).end()
	})
	address = ""

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve))
		this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
	}
	stop(): void {
		this.#server.closeAllConnections()
		this.#server.close()
	}
}

const RULES = {
	groups: [
		{
			name: "test",
			rules: [
				{
					alert: "mcp_connection_lost",
					expr: 'autonomous_mcp_server_status{status="connected"} == 0',
					labels: { severity: "critical", remediation: "reconnectMcpServer", component: "mcp_servers" },
					annotations: { summary: "{{ $labels.server }} is lost" },
				},
				{
					alert: "safety_violation",
					expr: 'sum by (kind) (increase(autonomous_violations_total{kind=~"read_only|scope"}[10m])) > 0',
					labels: { severity: "critical", remediation: "emergencyStop", component: "violations" },
				},
				{
					alert: "indexer_stuck",
					expr: "max_over_time(indexer_stuck[10s]) > 0",
					labels: { severity: "warning", remediation: "restartWorker", component: "workers" },
				},
				{
					alert: "legacy_memory",
					expr: "legacy_memory_bytes > 100",
					labels: { severity: "warning", remediation: "restartWorker", component: "workers" },
				},
			],
		},
	],
}

const missing = (findProgram("prometheus") === undefined && !process.env.CI) || withoutAlertmanager

describe.skipIf(missing)("remediation with real servers (skipped only where they are not installed)", () => {
	const outside = new Outside()
	let webhook: TestWebhook
	let replica: TestWebhook
	let alertmanager: TestAlertmanager
	let prometheus: TestPrometheus
	let client: pg.Client

	beforeAll(async () => {
		await outside.start()
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-restarters-"))
		writeFileSync(path.join(folder, "token"), "restarter-token\n")
		const restarter = { http: { url: `http://${outside.address}/restart`, token_file: path.join(folder, "token") } }
		const file = path.join(folder, "remediation.yaml")
		const crash = { http: { url: `http://${outside.address}/crash` } }
		const unstick = { http: { url: `http://${outside.address}/unstick` } }
		writeFileSync(
			file,
			JSON.stringify({ mcp_servers: { everything: restarter }, workers: { legacy: crash, indexer: unstick } }),
		)
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		client = new pg.Client(databaseUrl)
		await client.connect()
		// Alertmanager needs the webhook's address and the webhook Alertmanager's: the inbox makes the channels visible.
		const first = await startTestWebhook(databaseUrl)
		alertmanager = await startAlertmanager(inboxConfiguration({ url: first.url, token: WEBHOOK_TOKEN }, ["pagerduty"]))
		prometheus = await startPrometheus(
			{
				global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
				scrape_configs: [{ job_name: "test", static_configs: [{ targets: [outside.address] }] }],
				alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
			},
			RULES,
		)
		const env = {
			PROMETHEUS_URL: prometheus.url,
			ALERTMANAGER_URL: alertmanager.url,
			REMEDIATION_CONFIG: file,
			VERIFY_EVERY: "1s",
			VERIFY_FOR: "15s",
			GITHUB_REPOSITORY: "acme/evals",
			GITHUB_TOKEN: "github-token",
			GITHUB_API_URL: `http://${outside.address}`,
		}
		replica = first
		await replica.stop()
		const { port: reuse } = new URL(first.url)
		;[webhook, replica] = await Promise.all([
			startTestWebhook(databaseUrl, { env: { ...env, WEBHOOK_LISTEN: `127.0.0.1:${reuse}` } }),
			startTestWebhook(databaseUrl, { env }),
		])
	})
	afterAll(async () => {
		await prometheus?.stop()
		await alertmanager?.stop()
		await webhook?.stop()
		await replica?.stop()
		await client?.end()
		outside.stop()
	})

	let seen = 0
	/** The next remediation, once it has come to a state. */
	const latest = async (state: string) => {
		const [row] = await eventually(
			() => webhook.remediations(),
			([first]) => first !== undefined && first.id > seen && first.state === state,
		)
		if (!row) throw new Error("no remediation")
		seen = state === "awaiting_approval" ? seen : row.id
		return row
	}
	const noIncident = () =>
		eventually(
			() => webhook.incidents({ status: "firing" }),
			(incidents) => incidents.length === 0,
		)
	const inboxTitles = async () => (await webhook.inbox({ channel: "pagerduty" })).messages.map(({ title }) => title)

	it("only records what it would do until a person sets a mode", async () => {
		outside.connected = false
		const row = await latest("shadowed")
		expect(row).toMatchObject({ action: "reconnectMcpServer", target: "everything" })
		expect(outside.restarts).toBe(0)
		outside.connected = true
		await noIncident()
	})

	it("asks a person in mode approve, does it once when approved, and knows by the alert's own expression that it worked", async () => {
		await webhook.setPolicy({ action: "reconnectMcpServer", mode: "approve", cooldownSeconds: 0 })
		outside.connected = false
		const row = await latest("awaiting_approval")
		expect(outside.restarts).toBe(0)
		await eventually(inboxTitles, (titles) => titles.some((title) => title.includes(`approval_${row.id}`)))
		const answers = await Promise.all([1, 2, 3].map(() => webhook.approve(row.id)))
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
		await latest("succeeded")
		expect(outside.restarts).toBe(1)
		await eventually(inboxTitles, (titles) => titles.some((title) => title.includes(`resolved: approval_${row.id}`)))
		const kinds = (await webhook.timeline(row.incidentId)).filter((kind) => kind.startsWith("remediation"))
		expect(kinds).toEqual(
			["awaiting_approval", "approved", "running", "verifying", "succeeded"].map((state) => `remediation_${state}`),
		)
		await noIncident()
	})

	it("does it by itself in mode auto, once, though two replicas work", async () => {
		await webhook.setPolicy({ action: "reconnectMcpServer", mode: "auto", cooldownSeconds: 0, maxPerHour: 3 })
		outside.connected = false
		await latest("succeeded")
		expect(outside.restarts).toBe(2)
		await noIncident()
	})

	it("pages a person at once when it has not worked, and opens the breaker after failures in a row", async () => {
		await webhook.setPolicy({
			action: "reconnectMcpServer",
			mode: "auto",
			cooldownSeconds: 0,
			maxPerHour: 100,
			breakerFailures: 1,
		})
		outside.heals = false
		outside.connected = false
		const row = await latest("failed")
		expect(row.reason).toMatch(/is not healthy|is still met/)
		await eventually(inboxTitles, (titles) =>
			titles.some((title) => title.includes(`firing: remediation_failed_${row.id}`)),
		)
		outside.connected = true
		await noIncident()
		outside.connected = false
		expect(await latest("withheld")).toMatchObject({ reason: "circuit_open" })
		const restarts = outside.restarts
		outside.connected = true
		await noIncident()

		await webhook.post("/api/remediation/reset", { action: "reconnectMcpServer" })
		await webhook.post("/api/remediation/pause")
		outside.connected = false
		expect(await latest("withheld")).toMatchObject({ reason: "automation_paused" })
		expect(outside.restarts).toBe(restarts)
		outside.connected = true
		await webhook.post("/api/remediation/resume")
		await noIncident()
	})

	it("waits longer than VERIFY_FOR for an alert that looks back further", async () => {
		await webhook.setPolicy({ action: "restartWorker", mode: "auto" })
		outside.stuck = 1
		expect(await latest("succeeded")).toMatchObject({ action: "restartWorker", target: "indexer" })
		await noIncident()
	})

	it("does not take a worker that nothing watches for alive because its alert has cleared", async () => {
		outside.memory = 1_000
		const row = await latest("failed")
		expect(row).toMatchObject({ action: "restartWorker", target: "legacy" })
		expect(row.reason).toContain("it is not known whether legacy is alive")
		await noIncident()
	})

	it("stops everything: sessions ended, also one that begins later, workflow disabled, people paged; released by an administrator", async () => {
		await client.query(
			"insert into observatory.claude_sessions (id, source, status) values ('a', 'test', 'running'), ('b', 'test', 'paused'), ('c', 'test', 'completed')",
		)
		await webhook.setPolicy({ action: "emergencyStop", mode: "auto" })
		outside.violations.scope++
		// The violation stays counted for 10 minutes, whatever is done about it.
		expect(await latest("succeeded")).toMatchObject({ reason: "the alert's condition is still met" })
		const statuses = async () =>
			(
				await client.query<{ id: string; status: string }>(
					"select id, status from observatory.claude_sessions order by id",
				)
			).rows.map((row) => `${row.id} ${row.status}`)
		expect(await statuses()).toEqual(["a emergency_stopped", "b emergency_stopped", "c completed"])
		expect(await webhook.control()).toMatchObject({ state: "stop" })
		expect(outside.github).toContain("PUT /repos/acme/evals/actions/workflows/7/disable")
		await eventually(inboxTitles, (titles) => titles.some((title) => title.startsWith("1 firing: emergency_stop")))
		expect(await webhook.metrics()).toContain('observatory_control_state{state="stop"} 1')

		await client.query("insert into observatory.claude_sessions (id, source, status) values ('d', 'test', 'running')")
		await eventually(statuses, (now) => now.includes("d emergency_stopped"))

		expect((await webhook.post("/api/control/release")).status).toBe(400)
		await webhook.change("release", "looked into it")
		expect((await webhook.requestChange("release", "again")).status).toBe(409)
		await eventually(
			async () => outside.github,
			(calls) => calls.at(-1) === "PUT /repos/acme/evals/actions/workflows/7/enable",
		)
		await eventually(inboxTitles, (titles) => titles.some((title) => title.startsWith("1 resolved: emergency_stop")))
	})

	it("stops everything again at once when that is needed again after a release", async () => {
		outside.violations.read_only++
		await latest("succeeded")
		expect(await webhook.control()).toMatchObject({ state: "stop" })
		await webhook.change("release", "looked into it again")
	})

	it("pauses sessions and resumes exactly those", async () => {
		await client.query(
			"insert into observatory.claude_sessions (id, source, status) values ('p1', 'test', 'running'), ('p2', 'test', 'paused')",
		)
		await webhook.change("pause", "budget")
		const status = async (id: string) =>
			(await client.query<{ status: string }>("select status from observatory.claude_sessions where id = $1", [id]))
				.rows[0]?.status
		expect(await status("p1")).toBe("paused")
		await webhook.change("resume", "fine")
		expect([await status("p1"), await status("p2")]).toEqual(["running", "paused"])
	})

	it("counts how remediations ended, in the database", async () => {
		const text = await eventually(
			() => replica.metrics(),
			(metrics) => metrics.includes('observatory_remediations_total{action="emergencyStop",outcome="succeeded"} 2'),
		)
		expect(text).toContain('observatory_remediations_total{action="reconnectMcpServer",outcome="succeeded"} 2')
		expect(text).toContain('observatory_remediations_total{action="reconnectMcpServer",outcome="failed"} 1')
		expect(text).toContain(
			'observatory_remediations_withheld_total{action="reconnectMcpServer",reason="circuit_open"} 1',
		)
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})

	it("counts by component the alerts that Prometheus has loaded, so that one that nothing watches is seen", async () => {
		const text = await eventually(
			() => replica.metrics(),
			(metrics) => metrics.includes("observatory_component_alert_rules{"),
		)
		expect(text).toContain('observatory_component_alert_rules{component="mcp_servers"} 1')
		expect(text).toContain('observatory_component_alert_rules{component="database"} 0')
	})
})
