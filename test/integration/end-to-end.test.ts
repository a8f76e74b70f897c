import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import pg from "pg"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { assess } from "../../stack/drill/assess/assess.ts"
import { readPromises } from "../../stack/drill/promises.ts"
import { webhookClient as drillClient } from "../../stack/drill/world/webhook.ts"
import { startBrowser } from "../support/browser.ts"
import { credentialsOf } from "../support/credentials.ts"
import { parseSamples } from "../support/exporter.ts"
import { eventually } from "../support/process.ts"
import { runStackProcess, type StackRun, temporaryHome } from "../support/stack.ts"
import { type Incident, webhookClient } from "../support/webhook-client.ts"

const root = path.resolve(import.meta.dirname, "../..")

/** Long enough for: scrape, evaluation, one minute of duration, grouping. */
const DETECTION_MS = 150_000
/** Long enough for: repair, scrape, evaluation, keep_firing_for, and Alertmanager's next group interval. */
const RESOLUTION_MS = 200_000

describe("from a broken part to an incident, and back", () => {
	const { home, remove } = temporaryHome()
	let run: StackRun
	let urls: { prometheus: string; alertmanager: string; console: string; demo: string; exporters: string }
	let token: string
	let monitored: string

	beforeAll(async () => {
		run = runStackProcess(home)
		await run.says("targets  7/7 up", 120_000)
		const urlOf = (title: string) => {
			const address = new RegExp(`${title}: up at (\\S+)`).exec(run.output())?.[1]
			if (address === undefined) throw new Error(`no address of ${title}:\n${run.output()}`)
			return address
		}
		urls = {
			prometheus: urlOf("Prometheus"),
			alertmanager: urlOf("Alertmanager"),
			console: urlOf("Webhook and console"),
			exporters: urlOf("Exporters"),
			demo: urlOf("Autonomous system \\(demo\\)"),
		}
		const secret = (name: string) => readFileSync(path.join(home, "secrets", name), "utf8").trim()
		token = secret("console_token")
		monitored = `postgres://observatory:${secret("demo_postgres_password")}@${urlOf("Monitored PostgreSQL \\(demo\\)")}/observatory`
	})

	afterAll(async () => {
		run.kill("SIGTERM")
		await run.exited
		remove()
	})

	/** The documented command, as a person types it in another terminal. */
	async function demo(...words: string[]): Promise<void> {
		const env = { ...process.env, OBSERVATORY_HOME: home, DEMO_LISTEN: new URL(urls.demo).host }
		// Without blocking: connections that the servers close meanwhile must be seen as closed.
		await promisify(execFile)("npm", ["run", "--silent", "demo", "--", ...words], { cwd: root, env })
	}

	const json = async <T>(url: string, headers: Record<string, string> = {}): Promise<T> => {
		const response = await fetch(url, { headers })
		if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
		return (await response.json()) as T
	}
	const inPrometheus = async () =>
		(
			await json<{ data: { alerts: { state: string; labels: { alertname: string } }[] } }>(
				`${urls.prometheus}/api/v1/alerts`,
				credentialsOf(home).prometheus,
			)
		).data.alerts
			.filter(({ state }) => state === "firing")
			.map(({ labels }) => labels.alertname)
	const inAlertmanager = async () =>
		(
			await json<{ labels: { alertname: string } }[]>(
				`${urls.alertmanager}/api/v2/alerts?active=true`,
				credentialsOf(home).alertmanager,
			)
		).map(({ labels }) => labels.alertname)
	/** Browsers find the console's own name; Node asks the resolver, which may not know it. */
	const observatory = () => webhookClient(`http://127.0.0.1:${new URL(urls.console).port}`, { consoleToken: token })
	const incidents = () => observatory().incidents({ limit: 200 })
	const has = (name: string) => (names: readonly string[]) => names.includes(name)

	/** Every call of a tool so far, as the exporters count them. */
	async function toolCalls(): Promise<number> {
		const response = await fetch(`${urls.exporters}/metrics/health`, { headers: credentialsOf(home).metrics })
		const samples = parseSamples(await response.text())
		return [...samples].reduce(
			(sum, [name, value]) => (name.startsWith("autonomous_mcp_requests_total{") ? sum + value : sum),
			0,
		)
	}

	/** The start of each tool call after `since` (ms), as the demo itself has recorded it. */
	async function callsStartedSince(since: number): Promise<Date[]> {
		const client = new pg.Client(monitored)
		await client.connect()
		try {
			const { rows } = await client.query<{ created_at: Date }>(
				"select created_at from contract.mcp_calls where created_at > $1 order by created_at",
				[new Date(since)],
			)
			return rows.map(({ created_at }) => created_at)
		} finally {
			await client.end()
		}
	}

	const promises = readPromises(root)
	/** When each alert's part was broken. */
	const brokenAt = new Map<string, number>()

	/** As a drill does: every step by the incident's own clock, but for what is late. */
	async function isAsPromised(
		{ id, alertname }: Incident,
		by: { repairedAt: number } | "a remediation",
	): Promise<void> {
		const drill = drillClient(`http://127.0.0.1:${new URL(urls.console).port}`, () => token)
		const incident = await eventually(
			() => drill.times(id),
			({ notifiedAt, onsetAt }) => notifiedAt !== undefined && onsetAt !== undefined,
		)
		const isRemediated = by === "a remediation"
		const { failures, late } = assess({
			alert: alertname,
			faultAt: brokenAt.get(alertname) ?? 0,
			repairedAt: isRemediated ? undefined : by.repairedAt,
			promisedMs: promises.get(alertname) ?? 0,
			remediation: isRemediated ? "succeeded" : undefined,
			lasts: false,
			incident,
		})
		// How late is shown by npm run drill, on a machine of its own.
		expect(failures.filter((failure) => !late.includes(failure))).toEqual([])
	}

	/** Breaks something, and waits until the alert is everywhere. */
	async function breakDown(part: string, alertname: string): Promise<Incident> {
		brokenAt.set(alertname, Date.now())
		await demo("break", part)
		await eventually(inPrometheus, has(alertname), DETECTION_MS)
		await eventually(inAlertmanager, has(alertname))
		const open = (all: readonly Incident[]) => all.find((one) => one.alertname === alertname && one.status === "firing")
		const incident = open(await eventually(incidents, (all) => open(all) !== undefined))
		if (incident === undefined) throw new Error("unreachable")
		expect(incident.labels.environment).toBe("demo")
		return incident
	}

	const resolved = ({ id }: Incident) => {
		const isResolved = (all: readonly Incident[]) => all.some((one) => one.id === id && one.status === "resolved")
		return eventually(incidents, isResolved, RESOLUTION_MS)
	}

	async function breakAndRepair(part: string, alertname: string): Promise<Incident> {
		const incident = await breakDown(part, alertname)
		expect(await onConsole(incident)).toContain(alertname)
		await demo("repair", part)
		const repairedAt = Date.now()
		await resolved(incident)
		await isAsPromised(incident, { repairedAt })
		return incident
	}

	/** What a person reads on the incident's page, signed in with the token that the screen names. */
	async function onConsole({ id }: Incident): Promise<string> {
		const browser = await startBrowser()
		try {
			const page: Page = await browser.newPage()
			await page.goto(urls.console)
			await page.getByLabel("Your name").fill("Ada")
			await page.getByLabel("Console token").fill(token)
			await page.getByRole("button", { name: "Sign in" }).click()
			await page.waitForURL((url) => !url.pathname.includes("sign-in"))
			await page.goto(`${urls.console}/incidents/${id}`)
			return (await page.locator("main").textContent()) ?? ""
		} finally {
			await browser.close()
		}
	}

	it("a killed MCP server is seen everywhere, and resolves by itself after the repair", async () => {
		const { labels } = await breakAndRepair("mcp", "mcp_connection_lost")
		expect(labels.server).toBe("everything")
	})

	it("a killed MCP server is brought back without a person when its remediation may act by itself", async () => {
		await observatory().setPolicy({ action: "reconnectMcpServer", mode: "auto" })
		const incident = await breakDown("mcp", "mcp_connection_lost")
		await resolved(incident)
		// The alert being over is not enough for it: the expression has to be clear twice in a row.
		const states = async () =>
			(await observatory().remediations())
				.filter(({ incidentId }) => incidentId === incident.id)
				.map(({ state }) => state)
		await eventually(states, (all) => all.length === 1 && all[0] === "succeeded", 120_000)
		await isAsPromised(incident, "a remediation")
	})

	it("a stopped database is seen everywhere, and resolves by itself after the repair", async () => {
		const { labels } = await breakAndRepair("database", "database_down")
		expect(labels.severity).toBe("critical")
	})

	it("an emergency stop ends all work within two seconds, and it begins again only when a person releases it", async () => {
		const isWorking = async () => {
			const from = await toolCalls()
			await eventually(toolCalls, (calls) => calls > from)
		}
		await isWorking()
		await observatory().change("stop", "an end-to-end test")
		const stoppedAt = Date.now()
		// What was under way is counted within one turn of the collectors, and written down once its turn has ended.
		await sleep(20_000)
		const counted = await toolCalls()
		await sleep(20_000)
		expect(await toolCalls()).toBe(counted)
		expect(await callsStartedSince(stoppedAt + 2_000)).toEqual([])
		const alertname = "emergency_stopped"
		await eventually(incidents, (all) => all.some((one) => one.alertname === alertname), DETECTION_MS)
		expect(await toolCalls()).toBe(counted)
		expect(await callsStartedSince(stoppedAt + 2_000)).toEqual([])
		await observatory().change("release", "the end-to-end test has ended")
		await isWorking()
		await eventually(
			() => callsStartedSince(stoppedAt + 2_000),
			(calls) => calls.length > 0,
			120_000,
		)
	})

	it("what has no secret is in the console's inbox", async () => {
		const { messages } = await observatory().inbox({ limit: 100 })
		const channels = messages.filter(({ title }) => title.includes("database_down")).map(({ channel }) => channel)
		// On a slow machine no one has acknowledged the incident in time, and other channels are paged as well.
		expect(channels).toEqual(expect.arrayContaining(["pagerduty", "slack-critical"]))
	})

	it("every panel's query runs against the demo without error", async () => {
		const folder = path.join(root, "grafana/dashboards")
		const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"))
		const expressions = new Set(
			files.flatMap((file) => expressionsIn(JSON.parse(readFileSync(path.join(folder, file), "utf8")))),
		)
		expect(expressions.size).toBeGreaterThan(30)
		const problems: string[] = []
		for (const expression of expressions) {
			const response = await fetch(`${urls.prometheus}/api/v1/query`, {
				method: "POST",
				headers: credentialsOf(home).prometheus,
				body: new URLSearchParams({ query: expression }),
			})
			const answer = (await response.json()) as { status: string; error?: string }
			if (answer.status !== "success") problems.push(`${expression}: ${answer.error}`)
		}
		expect(problems).toEqual([])
	})
})

/** Every PromQL expression of a dashboard, with Grafana's own variables filled in. */
function expressionsIn(node: unknown): string[] {
	if (Array.isArray(node)) return node.flatMap(expressionsIn)
	if (typeof node !== "object" || node === null) return []
	return Object.entries(node).flatMap(([key, value]) =>
		key === "expr" && typeof value === "string"
			? [value.replace(/\$__(rate_)?interval|\$__range/g, "5m").replace(/\$\{?(\w+)(:\w+)?\}?/g, ".*")]
			: expressionsIn(value),
	)
}
