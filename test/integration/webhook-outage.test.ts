import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { startAlertmanagerProxy } from "../support/alertmanager-proxy.ts"
import type { LocalServer } from "../support/local-server.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { createDatabase, freePort, startPostgres, type TestPostgres } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

let postgres: TestPostgres
let databaseUrl: string
let webhook: TestWebhook
let alertmanagerPort: number
let clock: MovingClock
let proxy: LocalServer

/** Only alerts that name it escalate. */
const POLICIES = `
policies:
  quick:
    levels:
      - { after: 0s, channels: [slack-ops] }
      - { after: 8h, channels: [pagerduty] }
`

beforeAll(async () => {
	// One of its own: the server that other tests share must not go away.
	postgres = await startPostgres()
	databaseUrl = await createDatabase(postgres.url())
	const policies = path.join(mkdtempSync(path.join(tmpdir(), "observatory-outage-")), "policies.yaml")
	writeFileSync(policies, POLICIES)
	alertmanagerPort = await freePort()
	clock = movingClock(databaseUrl)
	proxy = await startAlertmanagerProxy(`http://127.0.0.1:${alertmanagerPort}`, { clock })
	const env = { ESCALATION_POLICIES: policies, ALERTMANAGER_URL: proxy.url }
	webhook = await startTestWebhook(databaseUrl, { clock, env })
})
afterAll(async () => {
	await webhook?.stop()
	await proxy?.close()
	await postgres?.remove()
})

interface Row {
	fingerprint: string
	status: string
	kinds: string[]
}

/** Every incident of an alert with the kinds of its timeline, over a connection of its own. */
async function incidents(alertname: string): Promise<Row[]> {
	const client = new pg.Client(databaseUrl)
	await client.connect()
	try {
		const { rows } = await client.query<Row>(
			`select fingerprint, status,
				(select array_agg(kind order by id) from observatory.incident_timeline t where t.incident_id = i.id) kinds
			from observatory.incidents i where alertname = $1`,
			[alertname],
		)
		return rows
	} finally {
		await client.end()
	}
}

/** Stops the database while `meanwhile` runs, and starts it again. */
async function without(signal: "SIGINT" | "SIGQUIT", meanwhile: () => Promise<void>): Promise<void> {
	await postgres.stop(signal)
	try {
		await meanwhile()
	} finally {
		await postgres.start()
	}
}

const health = async () => {
	const [alive, ready] = await Promise.all(["/healthz", "/readyz"].map((path) => fetch(`${webhook.url}${path}`)))
	const said = (await alive?.json()) as { database: string } | undefined
	return [alive?.status, said?.database, ready?.status]
}

/** What every incident has to look like, however often it was notified. */
function areComplete(rows: readonly Row[], count: number): void {
	expect(new Set(rows.map(({ fingerprint }) => fingerprint)).size).toBe(count)
	expect(rows).toHaveLength(count)
	for (const { status, kinds } of rows)
		expect(kinds).toEqual(status === "resolved" ? ["fired", "received", "resolved"] : ["fired", "received"])
}

describe("the intake while PostgreSQL goes and comes back", () => {
	it("answers 503 and when to come back, says so on /healthz, and ends with one incident an alert", async () => {
		expect(await health()).toEqual([200, "ok", 200])
		const refusals: Response[] = []
		let delivered = 0
		let over = false
		/** As Alertmanager does: again after a 5xx, never after anything else. */
		const requireComplete = async (body: object) => {
			for (;;) {
				const response = await webhook.deliver(body)
				if (response.ok) return
				refusals.push(response)
				await sleep(100)
			}
		}
		/** Two Alertmanagers notify each alert, and the end of every other one. */
		const send = async (worker: number) => {
			for (let n = 0; !over; n++) {
				const fingerprint = `storm-${worker}-${n}`
				const one = alert({ name: "storm", fingerprint })
				await Promise.all([requireComplete(notification([one])), requireComplete(notification([one]))])
				const end = notification([alert({ name: "storm", fingerprint, status: "resolved" })], { status: "resolved" })
				if (n % 2 === 0) await Promise.all([requireComplete(end), requireComplete(end)])
				delivered++
			}
		}
		const load = Promise.all(Array.from({ length: 6 }, (_, worker) => send(worker)))
		try {
			for (const signal of ["SIGINT", "SIGQUIT"] as const) {
				await sleep(700)
				await without(signal, async () => {
					const seen = refusals.length
					await eventually(health, ([, database]) => database === "away")
					expect(await health()).toEqual([200, "away", 503])
					await eventually(
						async () => refusals.length,
						(n) => n > seen + 20,
					)
				})
				const before = delivered
				await eventually(
					async () => delivered,
					(n) => n > before + 20,
				)
			}
		} finally {
			over = true
		}
		await load

		expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([503]))
		for (const { headers } of refusals) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0)
		const rows = await incidents("storm")
		areComplete(rows, delivered)
		expect(rows.filter(({ status }) => status === "resolved")).toHaveLength(
			rows.filter(({ fingerprint }) => Number(fingerprint.split("-")[2]) % 2 === 0).length,
		)
		expect(await health()).toEqual([200, "ok", 200])
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})
})

describe.skipIf(withoutAlertmanager)("with a real Alertmanager (skipped only where none is installed)", () => {
	let alertmanager: TestAlertmanager
	const configuration = () => {
		const receiver = (name: string, to: string) =>
			`  - { name: ${name}, webhook_configs: [{ url: "${webhook.url}${to}", http_config: { authorization: { credentials: ${WEBHOOK_TOKEN} } } }] }`
		return `
route:
  receiver: observatory
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 2s
  routes:
    - { receiver: pagerduty, matchers: ['channels=~".*,pagerduty,.*"'] }
receivers:
${receiver("observatory", "/api/alertmanager")}
${receiver("pagerduty", "/api/inbox/pagerduty")}
`
	}
	beforeAll(async () => {
		alertmanager = await startAlertmanager(configuration(), alertmanagerPort)
	})
	afterAll(() => alertmanager?.stop())

	it("has one incident an alert though the database and Alertmanager, which remembers nothing, go away in turns", async () => {
		const startsAt = new Date(Date.now() - 1_000).toISOString()
		const alerts: { labels: Record<string, string>; startsAt: string; endsAt?: string }[] = []
		const raise = (count: number) => {
			for (let i = 0; i < count; i++)
				alerts.push({ labels: { alertname: "chain", severity: "warning", n: String(alerts.length) }, startsAt })
		}
		let over = false
		/** As Prometheus does: says everything again and again, to any listener. */
		const prometheus = async () => {
			while (!over) {
				await alertmanager.post(alerts).catch((error: unknown) => expect(String(error)).toContain("fetch failed"))
				await sleep(300)
			}
		}
		const saying = prometheus()
		const open = async () => (await incidents("chain")).length
		try {
			raise(20)
			await without("SIGQUIT", async () => {
				raise(20)
				await sleep(1_500)
			})
			await eventually(open, (n) => n === 40)
			await alertmanager.stop()
			raise(10)
			alertmanager = await startAlertmanager(configuration(), alertmanagerPort)
			await without("SIGINT", () => sleep(1_000))
			await eventually(open, (n) => n === 50)
			for (const one of alerts) one.endsAt = new Date().toISOString()
			const firing = async () => (await incidents("chain")).filter(({ status }) => status === "firing").length
			await eventually(firing, (n) => n === 0)
		} finally {
			over = true
			await saying
		}
		areComplete(await incidents("chain"), 50)
	})

	it("pages each level of an escalation once though it was due while neither of the two was there", async () => {
		const count = 10
		for (let n = 0; n < count; n++) {
			const one = alert({ name: "paging", fingerprint: `paging-${n}`, labels: { escalation: "quick", n: String(n) } })
			expect((await webhook.deliver(notification([one]))).status).toBe(200)
		}
		const escalations = async () =>
			(await incidents("paging")).map(({ kinds }) => kinds.filter((kind) => kind === "escalated").length)
		await eventually(escalations, (levels) => levels.every((n) => n === 1))
		await alertmanager.stop()
		await without("SIGQUIT", async () => clock.advanceWithoutDatabase(8 * 3_600_000))
		await clock.advance(0)
		alertmanager = await startAlertmanager(configuration(), alertmanagerPort)
		await eventually(escalations, (levels) => levels.every((n) => n === 2))
		const pages = async () => {
			const { messages } = await webhook.inbox({ channel: "pagerduty", limit: 200 })
			return messages.map(({ title }) => title)
		}
		// The next attempt to send.
		await clock.advance(60_000)
		await eventually(pages, (titles) => titles.length >= count)
		await sleep(3_000)
		expect(await pages()).toEqual(Array(count).fill("1 firing: paging_level_2_round_2"))
		expect(await escalations()).toEqual(Array(count).fill(2))
	})
})
