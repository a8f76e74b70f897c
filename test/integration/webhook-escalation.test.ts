import { once } from "node:events"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import {
	inboxConfiguration,
	startAlertmanager,
	type TestAlertmanager,
	withoutAlertmanager,
} from "../support/alertmanager.ts"
import { startAlertmanagerProxy } from "../support/alertmanager-proxy.ts"
import { type LocalServer, serve } from "../support/local-server.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { UNLIMITED, WEBHOOK_TOKEN } from "../support/webhook-client.ts"

const POLICIES = `
contacts:
  on-call-engineer: { channels: [slack-ops] }
  team-lead: { channels: [pagerduty] }
policies:
  quick:
    levels:
      - { after: 0s, contacts: [on-call-engineer] }
      - { after: 10m, contacts: [team-lead, on-call-engineer] }
    acknowledgement_lasts: 1h
  once: { levels: [{ after: 0s, channels: [slack-ops] }] }
severities: { critical: quick }
`
const MINUTE = 60_000
const NEXT_LEVEL = 10 * MINUTE
const ACKNOWLEDGED = 60 * MINUTE

describe.skipIf(withoutAlertmanager)(
	"escalation through a real Alertmanager (skipped only where none is installed)",
	() => {
		const webhooks: TestWebhook[] = []
		let clock: MovingClock
		let alertmanager: TestAlertmanager
		let proxy: LocalServer
		let supervisor: LocalServer
		/** Restarts are answered, with a failure, once this is so. */
		let answered: Promise<unknown> = Promise.resolve()
		let configuration: string
		let client: pg.Client

		beforeAll(async () => {
			const databaseUrl = await migratedDatabase(inject("postgresUrl"))
			client = new pg.Client(databaseUrl)
			await client.connect()
			clock = movingClock(databaseUrl)
			const port = await freePort()
			const receiver = { url: `http://127.0.0.1:${port}`, token: WEBHOOK_TOKEN }
			configuration = inboxConfiguration(receiver, ["slack-ops", "pagerduty"])
			alertmanager = await startAlertmanager(configuration)
			proxy = await startAlertmanagerProxy(alertmanager.url, { clock })
			supervisor = await serve(async (_, res) => {
				await answered
				res.writeHead(500).end()
			})
			const folder = mkdtempSync(path.join(tmpdir(), "observatory-escalation-"))
			const file = (name: string, text: string) => {
				writeFileSync(path.join(folder, name), text)
				return path.join(folder, name)
			}
			const restarter = { http: { url: supervisor.url } }
			const env = {
				ALERTMANAGER_URL: proxy.url,
				ESCALATION_POLICIES: file("policies.yaml", POLICIES),
				REMEDIATION_CONFIG: file(
					"remediation.yaml",
					JSON.stringify({ workers: { broken: restarter, slow: restarter } }),
				),
				CRITICAL_CHANNELS: "pagerduty",
			}
			// Two replicas on one database: no one may be paged twice.
			webhooks.push(
				await startTestWebhook(databaseUrl, { clock, env: { ...env, WEBHOOK_LISTEN: `127.0.0.1:${port}` } }),
			)
			webhooks.push(await startTestWebhook(databaseUrl, { clock, env }))
		})
		afterAll(async () => {
			await alertmanager?.stop()
			for (const webhook of webhooks) await webhook.stop()
			await proxy?.close()
			await supervisor?.close()
			await client?.end()
		})

		const first = () => {
			const [webhook] = webhooks
			if (!webhook) throw new Error("not started")
			return webhook
		}
		/** Titles that a person on a channel would have seen, oldest first. */
		const pagesOn = async (channel: string, fingerprint: string) => {
			const { rows } = await client.query<{ title: string }>(
				"select title from observatory.inbox where channel = $1 and title like $2 order by id",
				[channel, `%: db_${fingerprint}_level%`],
			)
			return rows.map((row) => row.title.replace(`db_${fingerprint}_`, ""))
		}
		const say = (fingerprint: string, more: object = {}) =>
			first().notify({ fingerprint, name: `db_${fingerprint}`, ...more })
		const open = async (fingerprint: string, more: object = {}): Promise<number> => {
			await say(fingerprint, more)
			const { rows } = await client.query<{ id: string }>(
				"select id from observatory.incidents where fingerprint = $1",
				[fingerprint],
			)
			return Number(rows[0]?.id)
		}
		const kinds = (id: number) => first().timeline(id)
		const openPages = async (id: number) =>
			(await client.query("select key from observatory.pages where incident_id = $1 and ended_at is null", [id])).rows
		const acknowledge = (id: number) => first().acknowledge(id)

		it("pages level after level while no one acknowledges the incident, each once, and says when it is resolved", async () => {
			const id = await open("a")
			await eventually(
				() => pagesOn("slack-ops", "a"),
				(titles) => titles.includes("1 firing: level_1_round_1"),
			)
			await clock.advance(NEXT_LEVEL - MINUTE)
			expect(await kinds(id)).toEqual(["fired", "received", "escalated"])
			expect(await first().page(`/incidents/${id}`)).toMatch(
				/Paged next<\/h2><p><strong>team-lead, on-call-engineer<\/strong> in [\s\S]*on pagerduty, slack-ops, unless a person[\s\S]*Level 2 of 2/,
			)
			expect(await pagesOn("pagerduty", "a")).toEqual([])
			await clock.advance(MINUTE)
			await eventually(
				() => pagesOn("pagerduty", "a"),
				(titles) => titles.includes("1 firing: level_2_round_2"),
			)
			await say("a", { status: "resolved" })
			await eventually(
				() => pagesOn("pagerduty", "a"),
				(titles) => titles.includes("1 resolved: level_2_round_2"),
			)
			await clock.advance(24 * ACKNOWLEDGED)
			expect(await openPages(id)).toEqual([])
			expect(await pagesOn("pagerduty", "a")).toEqual(["1 firing: level_2_round_2", "1 resolved: level_2_round_2"])
		})

		it("pages no one after an acknowledgement, and pages again when it has expired", async () => {
			const id = await open("b")
			await eventually(
				() => pagesOn("slack-ops", "b"),
				(titles) => titles.length === 1,
			)
			expect((await acknowledge(id)).status).toBe(200)
			expect(await first().page(`/incidents/${id}`)).toContain("when the acknowledgement expires")
			await clock.advance(ACKNOWLEDGED - MINUTE)
			expect(await openPages(id)).toEqual([])
			expect(await kinds(id)).not.toContain("acknowledgement_expired")
			await clock.advance(MINUTE)
			expect(await kinds(id)).toContain("acknowledgement_expired")
			await eventually(
				() => pagesOn("slack-ops", "b"),
				(titles) => titles.includes("1 firing: level_1_round_2"),
			)
			await clock.advance(NEXT_LEVEL)
			await eventually(
				() => pagesOn("pagerduty", "b"),
				(titles) => titles.length > 0,
			)
			// Nothing of round 2, which was due while it was acknowledged.
			expect(await pagesOn("pagerduty", "b")).toEqual(["1 firing: level_2_round_3"])
			expect((await acknowledge(id)).status).toBe(200)
			await say("b", { status: "resolved" })
		})

		/** An incident whose remediation fails, by itself. */
		const openBroken = async (fingerprint: string, worker: string) => {
			await first().setPolicy({ action: "restartWorker", mode: "auto", ...UNLIMITED })
			return open(fingerprint, { labels: { remediation: "restartWorker", worker } })
		}
		/** What a person on the telephone heard of a remediation that failed, in order. */
		const heard = async (id: number) => {
			const { rows } = await client.query<{ title: string }>(
				`select title from observatory.inbox where channel = 'pagerduty' and title like '%: remediation_failed_%'
					and body->'alerts'->0->'labels'->>'incident' = $1 order by id`,
				[String(id)],
			)
			return rows.map(({ title }) => title.split(" ")[1]?.replace(":", ""))
		}

		it("pages about a failed remediation until a person acknowledges the incident, and again when the acknowledgement expires", async () => {
			const id = await openBroken("g", "broken")
			await eventually(
				() => heard(id),
				(all) => all.length > 0,
			)
			const { rows } = await client.query(
				"select annotations->>'acknowledge_url' as url from observatory.pages where kind = 'remediation_failed' and incident_id = $1",
				[id],
			)
			const { pathname } = new URL(rows[0]?.url)
			expect(pathname).toMatch(new RegExp(`^/acknowledge/${id}/`))
			expect((await fetch(`${first().url}${pathname}`, { method: "POST" })).status).toBe(200)
			expect(await first().incident(id)).toMatchObject({ acknowledgedBy: "signed link (pagerduty)" })
			await eventually(
				() => heard(id),
				(all) => all.join(" ") === "firing resolved",
			)
			await clock.advance(ACKNOWLEDGED)
			const again = await eventually(
				() => heard(id),
				(all) => all.length > 2,
			)
			expect(again).toEqual(["firing", "resolved", "firing"])
			expect(await kinds(id)).toContain("acknowledgement_expired")
			await say("g", { status: "resolved" })
		})

		it("pages no one about a remediation that fails while the incident is acknowledged, until the acknowledgement expires", async () => {
			const answer = new AbortController()
			answered = once(answer.signal, "abort")
			const id = await openBroken("h", "slow")
			await eventually(
				() => kinds(id),
				(all) => all.includes("remediation_running"),
			)
			expect((await acknowledge(id)).status).toBe(200)
			answer.abort()
			await eventually(
				() => kinds(id),
				(all) => all.includes("remediation_failed"),
			)
			await clock.advance(ACKNOWLEDGED - MINUTE)
			expect(await kinds(id)).not.toContain("acknowledgement_expired")
			expect(await openPages(id)).toEqual([])
			expect(await heard(id)).toEqual([])
			await clock.advance(MINUTE)
			await eventually(
				() => heard(id),
				(all) => all.includes("firing"),
			)
			expect(await kinds(id)).toContain("acknowledgement_expired")
			await say("h", { status: "resolved" })
		})

		it("leaves out a channel that the alert itself goes to, and does not escalate what no policy names", async () => {
			const id = await open("c", { labels: { channels: ",slack-ops," } })
			await eventually(
				() => kinds(id),
				(all) => all.includes("escalated"),
			)
			expect(await pagesOn("slack-ops", "c")).toEqual([])
			await clock.advance(NEXT_LEVEL)
			await eventually(
				() => pagesOn("pagerduty", "c"),
				(titles) => titles.length === 1,
			)
			await say("c", { status: "resolved" })
			const warning = await open("d", { severity: "warning" })
			await clock.advance(24 * ACKNOWLEDGED)
			expect(await kinds(warning)).toEqual(["fired", "received"])
		})

		it("sends an Alertmanager that was away the pages that it has missed", async () => {
			const { port } = new URL(alertmanager.url)
			await alertmanager.stop()
			const id = await open("e")
			await eventually(
				() => kinds(id),
				(all) => all.includes("escalated"),
			)
			await clock.advance(NEXT_LEVEL)
			expect((await kinds(id)).filter((kind) => kind === "escalated")).toHaveLength(2)
			expect(await first().sample("observatory_pages_unsent")).toBe(2)
			alertmanager = await startAlertmanager(configuration, Number(port))
			// The next attempt to send.
			await clock.advance(MINUTE)
			await eventually(
				() => pagesOn("pagerduty", "e"),
				(titles) => titles.length === 1,
			)
			await say("e", { status: "resolved" })
		})

		it("pages once for a storm of one alert: what is added to it comes with the same page", async () => {
			const labels = { escalation: "once" }
			const storm = Array.from({ length: 300 }, (_, i) =>
				alert({ fingerprint: `storm-${i}`, name: "db_storm", labels }),
			)
			await first().deliver(notification(storm))
			const paged300 = async () =>
				(
					await client.query(
						"select 1 from observatory.escalations e join observatory.incidents i on i.id = e.incident_id where i.alertname = 'db_storm' and rounds > 0",
					)
				).rowCount
			await eventually(paged300, (n) => n === 300)
			await eventually(
				() => pagesOn("slack-ops", "storm"),
				(titles) => titles.includes("300 firing: level_1_round_1"),
			)
			const pages = await client.query(
				"select distinct body->>'groupKey' from observatory.inbox where title like '%: db_storm_%'",
			)
			expect(pages.rows).toHaveLength(1)
			await first().deliver(
				notification(storm.map((one) => ({ ...one, status: "resolved", endsAt: new Date().toISOString() }))),
			)
		})

		it("moves an escalation whose job is lost, and counts that it was late", async () => {
			const id = await open("f")
			await eventually(
				() => kinds(id),
				(all) => all.includes("escalated"),
			)
			await client.query("delete from observatory_jobs._private_jobs where key = $1", [`escalation.step ${id}`])
			await clock.advance(NEXT_LEVEL + MINUTE)
			await eventually(
				() => pagesOn("pagerduty", "f"),
				(titles) => titles.length === 1,
			)
			await eventually(
				() => first().metrics(),
				(text) => /^observatory_escalations_late_total [1-9]/m.test(text),
			)
			expect(await first().verifyAudit()).toMatchObject({ whole: true })
		})
	},
)
