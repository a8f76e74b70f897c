import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

describe.skipIf(withoutAlertmanager)("with a real Alertmanager (skipped only where none is installed)", () => {
	let webhook: TestWebhook
	let alertmanager: TestAlertmanager

	beforeAll(async () => {
		webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")))
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
})
