import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

describe.skipIf(withoutAlertmanager)("with a real Alertmanager (skipped only where none is installed)", () => {
	let webhook: TestWebhook
	let alertmanager: TestAlertmanager
	let databaseUrl: string

	beforeAll(async () => {
		databaseUrl = await migratedDatabase(inject("postgresUrl"))
		webhook = await startTestWebhook(databaseUrl)
		const receiver = (name: string, path: string) => `
  - name: ${name}
    webhook_configs:
      - url: ${webhook.url}${path}
        send_resolved: true
        http_config: { authorization: { credentials: ${WEBHOOK_TOKEN} } }`
		alertmanager = await startAlertmanager(`
route:
  receiver: observatory
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - { receiver: observatory, matchers: ['alertname != ""'], continue: true }
    - { receiver: slack-critical, matchers: ['severity = "critical"'] }
receivers:${receiver("observatory", "/api/alertmanager")}${receiver("slack-critical", "/api/inbox/slack-critical")}
`)
	})
	afterAll(async () => {
		await alertmanager?.stop()
		await webhook?.stop()
	})

	it("turns an alert into an incident and an inbox message, and closes it when it is resolved", async () => {
		const labels = { alertname: "database_down", severity: "critical", component: "database" }
		const startsAt = new Date(Date.now() - 60_000).toISOString()
		await alertmanager.post([{ labels, annotations: { summary: "down" }, startsAt }])
		const [opened] = await eventually(
			() => webhook.incidents({ status: "firing" }),
			(incidents) => incidents.length === 1,
		)
		expect(opened).toMatchObject({ alertname: "database_down", severity: "critical", labels })

		await alertmanager.post([{ labels, startsAt, endsAt: new Date().toISOString() }])
		await eventually(
			() => webhook.incidents({ status: "resolved" }),
			(incidents) => incidents.length === 1,
		)
		const { messages } = await eventually(
			() => webhook.inbox(),
			({ messages }) => messages.length === 2,
		)
		expect(messages.map(({ channel, title }) => `${channel}: ${title}`)).toEqual([
			"slack-critical: 1 resolved: database_down",
			"slack-critical: 1 firing: database_down",
		])
	})

	it("pages, shows and audits a silence that would keep its pages from people, until the silence ends", async () => {
		const silences = `${alertmanager.url}/api/v2/silences`
		const matcher = { name: "alertname", value: ".+", isRegex: true, isEqual: true }
		const times = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() }
		const made = await fetch(silences, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ matchers: [matcher], ...times, createdBy: "Mallory", comment: "quiet, please" }),
		})
		const { silenceID } = (await made.json()) as { silenceID: string }
		// Each looks once when it starts.
		const env = { ALERTMANAGER_URL: alertmanager.url, CRITICAL_CHANNELS: "slack-critical" }
		const first = await startTestWebhook(databaseUrl, { env })
		const paged = () => first.inbox().then(({ messages }) => JSON.stringify(messages[0]?.body ?? ""))
		const entries = (action: string) => first.audit({ action, target: `silence:${silenceID}` })
		try {
			expect(await eventually(paged, (text) => text.includes(silenceID))).toContain("Mallory")
			expect(await first.sample("observatory_page_silences")).toBe(1)
			expect(await first.sample('observatory_pages_open{kind="pages_silenced"}')).toBe(1)
			expect(await first.page("/")).toContain("Pages may not be reaching people")
			expect(await entries("silence.found")).toMatchObject([
				{ actor: "observatory", details: { createdBy: "Mallory" } },
			])
			expect((await fetch(`${silences.slice(0, -1)}/${silenceID}`, { method: "DELETE" })).status).toBe(200)
			const second = await startTestWebhook(databaseUrl, { env })
			await eventually(
				() => entries("silence.ended"),
				(found) => found.length === 1,
			)
			await second.stop()
			expect(await entries("silence.found")).toHaveLength(1)
			expect(await first.page("/")).not.toContain("Pages may not be reaching people")
		} finally {
			await first.stop()
		}
	})
})
