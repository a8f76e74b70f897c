import pg from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
import { notification } from "../support/alert.ts"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

/** Notifications go nowhere unless a test says where: what we know then comes from comparing. */
const routing = (url = "http://127.0.0.1:9", more = "") => `
route:
  receiver: observatory
  group_by: [group]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - { receiver: another-team, matchers: ['team = "other"'] }
inhibit_rules:
  - { source_matchers: ['alertname = "host_down"'], target_matchers: ['alertname = "service_down"'] }
receivers:
  - name: another-team
  - name: observatory
    webhook_configs:
      - url: ${url}/api/alertmanager
        send_resolved: true${more}
        http_config: { authorization: { credentials: ${WEBHOOK_TOKEN} } }
`
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const firingAlert = (alertname: string, labels: Record<string, string> = {}, startsAt = minutesAgo(30)) => ({
	labels: { alertname, severity: "warning", ...labels },
	annotations: { summary: alertname },
	startsAt,
})

describe.skipIf(withoutAlertmanager)(
	"comparing with a real Alertmanager (skipped only where none is installed)",
	() => {
		const running: { stop(): Promise<void> }[] = []
		let database: string
		let client: pg.Client

		beforeAll(async () => {
			database = await migratedDatabase(inject("postgresUrl"))
			await (await startTestWebhook(database)).stop()
			client = new pg.Client(database)
			await client.connect()
		})
		beforeEach(async () => {
			for (const one of running.splice(0).reverse()) await one.stop()
			await client.query("truncate observatory.incidents, observatory.pages, observatory.heartbeats cascade")
		})
		afterAll(async () => {
			for (const one of running.reverse()) await one.stop()
			await client?.end()
		})

		async function webhookWith(alertmanagerUrl: string, env: Record<string, string> = {}): Promise<TestWebhook> {
			const webhook = await startTestWebhook(database, {
				env: { ALERTMANAGER_URL: alertmanagerUrl, RECONCILE_EVERY: "1s", RECONCILE_CLOSE_AFTER: "4s", ...env },
			})
			running.push(webhook)
			return webhook
		}
		async function alertmanagerWith(configuration: string, port?: number): Promise<TestAlertmanager> {
			const alertmanager = await startAlertmanager(configuration, port)
			running.push(alertmanager)
			return alertmanager
		}
		const states = async (webhook: TestWebhook) =>
			(await webhook.incidents()).map(({ alertname, status }) => `${alertname} ${status}`).sort()
		/** That many whole comparisons from now on. */
		const compared = async (webhook: TestWebhook, times: number, result = "done") => {
			const series = `observatory_reconciliations_total{result="${result}"}`
			const before = await webhook.sample(series)
			await eventually(
				() => webhook.sample(series),
				(n) => n >= before + times,
			)
		}

		it("closes an incident that a restarted Alertmanager knows nothing of, and says why in the audit log", async () => {
			const port = await freePort()
			const webhook = await webhookWith(`http://127.0.0.1:${port}`)
			const before = await startAlertmanager(routing(webhook.url), port)
			const stays = firingAlert("stays")
			await before.post([stays, firingAlert("goes", { group: "b" })])
			await eventually(
				() => states(webhook),
				(all) => all.length === 2,
			)
			await before.stop()
			await compared(webhook, 6, "failed")
			expect(await states(webhook)).toEqual(["goes firing", "stays firing"])

			const after = await alertmanagerWith(routing(webhook.url), port)
			await after.post([stays])
			await eventually(
				() => states(webhook),
				(all) => all.includes("goes resolved"),
			)
			expect(await states(webhook)).toEqual(["goes resolved", "stays firing"])
			const reason = "no longer known to Alertmanager"
			const goes = (await webhook.incidents()).find(({ alertname }) => alertname === "goes")
			const { timeline } = await webhook.incident(goes?.id ?? 0)
			expect(timeline).toContainEqual(
				expect.objectContaining({ kind: "resolved", actor: "observatory", details: { reason } }),
			)
			const { rows } = await client.query(
				"select action, actor, details from observatory.audit_logs where target = $1",
				[`incident:${goes?.id}`],
			)
			expect(rows).toEqual([{ action: "incident.resolve", actor: "observatory", details: { reason } }])
			expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
			expect(await webhook.sample('observatory_reconciled_incidents_total{change="closed"}')).toBe(1)
		})

		it("ingests what fires here without an incident, and nothing that is another's, silenced, inhibited or a heartbeat", async () => {
			const alertmanager = await alertmanagerWith(routing())
			const silence = await fetch(`${alertmanager.url}/api/v2/silences`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({
					matchers: [{ name: "alertname", value: "silenced", isRegex: false, isEqual: true }],
					startsAt: minutesAgo(1),
					endsAt: new Date(Date.now() + 3_600_000).toISOString(),
					createdBy: "a test",
					comment: "a test",
				}),
			})
			expect(silence.status).toBe(200)
			await alertmanager.post([
				firingAlert("unheard", { component: "database" }),
				firingAlert("silenced"),
				firingAlert("host_down"),
				firingAlert("service_down"),
				firingAlert("another_teams", { team: "other" }),
				firingAlert("watchdog", { heartbeat: "true" }),
				firingAlert("our_own_page", { observatory_page: "escalation" }),
			])
			const webhook = await webhookWith(alertmanager.url)
			await eventually(
				() => states(webhook),
				(all) => all.length === 2,
			)
			await compared(webhook, 3)
			expect(await states(webhook)).toEqual(["host_down firing", "unheard firing"])
			const found = (await webhook.incidents()).find(({ alertname }) => alertname === "unheard")
			const { timeline, labels } = await webhook.incident(found?.id ?? 0)
			expect(labels).toEqual({ alertname: "unheard", severity: "warning", component: "database" })
			expect(timeline).toContainEqual(expect.objectContaining({ kind: "received", actor: "observatory" }))
			expect((await client.query("select from observatory.heartbeats")).rowCount).toBe(0)
		})

		it("keeps the incident of an alert that is silenced meanwhile", async () => {
			const alertmanager = await alertmanagerWith(routing())
			await alertmanager.post([firingAlert("noisy")])
			const webhook = await webhookWith(alertmanager.url)
			await eventually(
				() => states(webhook),
				(all) => all.length === 1,
			)
			await fetch(`${alertmanager.url}/api/v2/silences`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({
					matchers: [{ name: "alertname", value: "noisy", isRegex: false, isEqual: true }],
					startsAt: minutesAgo(1),
					endsAt: new Date(Date.now() + 3_600_000).toISOString(),
					createdBy: "a test",
					comment: "a test",
				}),
			})
			await compared(webhook, 8)
			expect(await states(webhook)).toEqual(["noisy firing"])
		})

		it("closes nothing while Alertmanager lacks the heartbeat that it once delivered", async () => {
			const alertmanager = await alertmanagerWith(routing())
			const webhook = await webhookWith(alertmanager.url)
			const beat = { ...firingAlert("watchdog", { heartbeat: "true" }), status: "firing", fingerprint: "w" }
			const unknown = { ...firingAlert("kept"), status: "firing", fingerprint: "k" }
			await webhook.deliver(notification([beat, unknown]))
			await compared(webhook, 8)
			expect(await states(webhook)).toEqual(["kept firing"])
			await alertmanager.post([firingAlert("watchdog", { heartbeat: "true" })])
			await eventually(
				() => states(webhook),
				(all) => all.includes("kept resolved"),
			)
		})

		it("makes a second incident of an alert that was resolved and fires again with the same start", async () => {
			const startsAt = minutesAgo(30)
			const alertmanager = await alertmanagerWith(routing())
			await alertmanager.post([firingAlert("back_again", {}, startsAt)])
			const webhook = await webhookWith(alertmanager.url)
			const [first] = await eventually(
				() => webhook.incidents(),
				(all) => all.length === 1,
			)
			// It was called over a quarter of an hour ago; notifications with the same start change nothing any more.
			await client.query(
				"update observatory.incidents set status = 'resolved', ends_at = now() - interval '15 minutes', resolved_at = now() - interval '15 minutes'",
			)
			const all = await eventually(
				() => webhook.incidents(),
				(list) => list.length === 2,
			)
			expect(all.map(({ status }) => status)).toEqual(["firing", "resolved"])
			await compared(webhook, 3)
			expect(await webhook.incidents()).toHaveLength(2)
			expect(Date.parse(all[0]?.startsAt ?? "")).toBeGreaterThan(Date.parse(first?.startsAt ?? ""))
		})

		it("asks at once for the alerts that a notification leaves out", async () => {
			const port = await freePort()
			const webhook = await webhookWith(`http://127.0.0.1:${port}`, {
				RECONCILE_EVERY: "1d",
				RECONCILE_CLOSE_AFTER: "1d",
			})
			const alertmanager = await alertmanagerWith(routing(webhook.url, "\n        max_alerts: 2"), port)
			const names = ["a", "b", "c", "d", "e"]
			const startsAt = new Date(Date.now() - 1_000).toISOString()
			await alertmanager.post(names.map((name) => firingAlert(name, {}, startsAt)))
			await eventually(
				() => states(webhook),
				(all) => all.length === 5,
			)
			expect(await states(webhook)).toEqual(names.map((name) => `${name} firing`))
			expect(await webhook.sample("observatory_alerts_truncated_total")).toBe(3)
			expect(await webhook.sample('observatory_reconciled_incidents_total{change="ingested"}')).toBe(3)
		})
	},
)
