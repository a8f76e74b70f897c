import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest"
import { parse } from "yaml"
import { linkKey, signLink } from "../../alert-webhook/domain/signed-link.ts"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { startAlertmanagerProxy } from "../support/alertmanager-proxy.ts"
import { ROUTING_KEY, startChannels, type TestChannels } from "../support/channels.ts"
import type { LocalServer } from "../support/local-server.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { type Incident, WEBHOOK_TOKEN } from "../support/webhook-client.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const run = promisify(execFile)

const POLICIES = `
contacts:
  on-call-engineer: { channels: [slack-critical] }
  team-lead: { channels: [pagerduty, email-security] }
policies:
  quick:
    levels:
      - { after: 0s, contacts: [on-call-engineer] }
      - { after: 15m, contacts: [team-lead, on-call-engineer] }
severities: { critical: quick }
`

describe.skipIf(withoutAlertmanager)(
	"what Slack, PagerDuty and mail are sent (skipped only without Alertmanager)",
	() => {
		let folder: string
		let channels: TestChannels
		let clock: MovingClock
		let proxy: LocalServer
		let webhook: TestWebhook
		let alertmanager: TestAlertmanager
		let rule: { labels: Record<string, string>; annotations: Record<string, string> }

		/** The generated configuration as `npm run rules` writes it, but with waits that a test can bear. */
		async function configure(webhookUrl: string): Promise<{ configuration: string; files: Record<string, string> }> {
			const secrets = path.join(folder, "secrets")
			mkdirSync(secrets)
			const write = (name: string, value: string) => writeFileSync(path.join(secrets, name), value)
			write("slack-webhook-url", channels.slackUrl)
			write("pagerduty-routing-key", ROUTING_KEY)
			write("smtp-password", channels.mailPassword)
			write("webhook-token", WEBHOOK_TOKEN)
			const file = path.join(folder, "channels.yaml")
			const shipped = readFileSync(path.join(ROOT, "alertmanager/channels.yaml"), "utf8")
			const local = shipped
				.replaceAll("smtp.example.com:587", channels.smarthost)
				.replace("secret: pagerduty-routing-key", `secret: pagerduty-routing-key, url: "${channels.pagerDutyUrl}"`)
			writeFileSync(file, local)
			const options = {
				channels: file,
				out: folder,
				"webhook-url": webhookUrl,
				"grafana-url": "http://grafana.example",
				"token-file": path.join(secrets, "webhook-token"),
				"secrets-dir": secrets,
			}
			const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
			await run(process.execPath, ["--import", "tsx", "prometheus/main.ts", "--quick", ...args], { cwd: ROOT })
			const generated = path.join(folder, "alertmanager")
			const templates = readdirSync(path.join(generated, "templates"))
			return {
				configuration: readFileSync(path.join(generated, "alertmanager.yml"), "utf8")
					.replace(/group_wait: \w+/g, "group_wait: 0s")
					.replace(/group_interval: \w+/g, "group_interval: 1s"),
				files: Object.fromEntries(
					templates.map((name) => [`templates/${name}`, readFileSync(path.join(generated, "templates", name), "utf8")]),
				),
			}
		}

		beforeAll(async () => {
			folder = mkdtempSync(path.join(tmpdir(), "observatory-deliveries-"))
			channels = await startChannels(folder)
			const port = await freePort()
			const webhookUrl = `http://127.0.0.1:${port}`
			const { configuration, files } = await configure(webhookUrl)
			alertmanager = await startAlertmanager(configuration, undefined, {
				files,
				env: { SSL_CERT_FILE: channels.certificate },
			})
			const policies = path.join(folder, "policies.yaml")
			writeFileSync(policies, POLICIES)
			const databaseUrl = await migratedDatabase(inject("postgresUrl"))
			clock = movingClock(databaseUrl)
			proxy = await startAlertmanagerProxy(alertmanager.url, { clock })
			webhook = await startTestWebhook(databaseUrl, {
				clock,
				env: {
					ALERTMANAGER_URL: proxy.url,
					ESCALATION_POLICIES: policies,
					WEBHOOK_LISTEN: `127.0.0.1:${port}`,
					WEBHOOK_URL: webhookUrl,
				},
			})
			const { groups } = parse(readFileSync(path.join(folder, "prometheus/rules/alerts.yml"), "utf8")) as {
				groups: { rules: { alert?: string; labels: Record<string, string>; annotations: Record<string, string> }[] }[]
			}
			const found = groups.flatMap(({ rules }) => rules).find(({ alert }) => alert === "database_down")
			if (!found) throw new Error("there is no database_down")
			rule = found
			expect(rule.annotations.dashboard_url).toMatch("http://grafana.example/d/")
		})
		afterAll(async () => {
			await alertmanager?.stop()
			await webhook?.stop()
			await proxy?.close()
			await channels?.stop()
			rmSync(folder, { recursive: true, force: true })
		})
		afterEach(() => {
			expect(channels.refused).toEqual([])
		})

		const TO = ",pagerduty,slack-critical,email-security,"
		const SUMMARY = "PostgreSQL of R&D <!channel> does not answer"
		const startsAt = new Date(Date.now() - 60_000).toISOString()
		const fire = (labels: Record<string, string> = {}, more: object = {}) => ({
			labels: { alertname: "database_down", ...rule.labels, channels: TO, ...labels },
			annotations: { ...rule.annotations, summary: SUMMARY },
			startsAt,
			...more,
		})
		/** What has arrived since the counts that a function of this name was made with. */
		const since = () => {
			const [slack, pagerDuty, mails] = [channels.slack.length, channels.pagerDuty.length, channels.mails.length]
			return () => ({
				slack: channels.slack.slice(slack).flatMap(({ attachments }) => attachments),
				pagerDuty: channels.pagerDuty.slice(pagerDuty),
				mails: channels.mails.slice(mails),
			})
		}
		const onAll = (arrived: ReturnType<typeof since>) =>
			eventually(
				async () => arrived(),
				({ slack, pagerDuty, mails }) => slack.length > 0 && pagerDuty.length > 0 && mails.length > 0,
			)
		const opened = async (): Promise<Incident> => {
			const [incident] = await eventually(
				() => webhook.incidents({ status: "firing" }),
				(all) => all.length === 1,
			)
			if (!incident) throw new Error("no incident")
			return incident
		}
		let acknowledgeUrl = ""

		it("shows a firing alert with its severity and links to the console, the dashboard and the runbook", async () => {
			const arrived = since()
			await alertmanager.post([fire()])
			const { slack, pagerDuty, mails } = await onAll(arrived)
			const { id } = await opened()

			const [message] = slack
			expect(channels.slack[0]?.channel).toBe("#alerts-critical")
			expect(message).toMatchObject({
				color: "danger",
				title_link: expect.stringMatching(`${webhook.url}/alerts/[0-9a-f]{16}$`),
			})
			expect(message?.title).toBe("[FIRING:1] PostgreSQL of R&amp;D &lt;!channel&gt; does not answer (critical)")
			expect(message?.text).not.toContain("<!channel>")
			expect(message?.text).toContain("Severity: critical")
			expect(message?.text).toContain(`<${message?.title_link}|Console>`)
			expect(message?.text).toContain(`<${rule.annotations.dashboard_url}|Dashboard>`)
			expect(message?.text).toContain(`<${rule.annotations.runbook_url}|Runbook>`)
			expect(message?.text).toContain("/#/silences/new?filter=%7Balertname%3D%22database_down%22")

			const [event] = pagerDuty
			expect(event).toMatchObject({
				routing_key: ROUTING_KEY,
				event_action: "trigger",
				client: "mcp-observatory",
				payload: { summary: `[FIRING:1] ${SUMMARY} (critical)`, severity: "critical", source: "mcp-observatory" },
			})
			expect(event?.links?.map(({ text }) => text)).toEqual(["Console", "Runbook", "Dashboard"])
			expect(event?.payload.custom_details.text).toContain(`Runbook: ${rule.annotations.runbook_url}`)

			const [mail] = mails
			expect(mail).toMatchObject({
				from: "observatory@example.com",
				to: ["security@example.com"],
				subject: `[FIRING:1] ${SUMMARY} (critical)`,
			})
			expect(mail?.text).toContain(`${SUMMARY}\n${rule.annotations.description}\nSeverity: critical. Since `)
			expect(mail?.text).toContain(`Console: ${message?.title_link}\n`)
			expect(mail?.text).toContain(`Dashboard: ${rule.annotations.dashboard_url}\n`)
			expect(mail?.text).toContain(`Runbook: ${rule.annotations.runbook_url}\n`)

			const led = await webhook.api(new URL(message?.title_link ?? "").pathname, { redirect: "manual" })
			expect([led.status, led.headers.get("location")]).toEqual([303, `/incidents/${id}`])
		})

		it("sends an escalation with a link that acknowledges the incident", async () => {
			const { id } = await opened()
			const arrived = since()
			await clock.advance(15 * 60_000)
			const { slack, pagerDuty, mails } = await onAll(arrived)
			expect(slack[0]?.title).toBe("[FIRING:1] database_down not acknowledged (level 2) (critical)")
			expect(slack[0]?.text).toContain("For team-lead, on-call-engineer.")
			const [, link = ""] = /Acknowledge: (\S+)/.exec(mails[0]?.text ?? "") ?? []
			acknowledgeUrl = link
			expect(link).toMatch(`${webhook.url}/acknowledge/${id}/`)
			expect(slack[0]?.text).toContain(`<${link}|Acknowledge>`)
			expect(pagerDuty[0]).toMatchObject({ event_action: "trigger", payload: { severity: "critical" } })
			expect(pagerDuty[0]?.links).toEqual([
				{ href: link, text: "Acknowledge" },
				{ href: `${webhook.url}/incidents/${id}`, text: "Console" },
				{ href: rule.annotations.runbook_url, text: "Runbook" },
				{ href: rule.annotations.dashboard_url, text: "Dashboard" },
			])
		})

		it("refuses links that are forged, expired or of another incident, and opens none of them to a GET", async () => {
			const { id } = await opened()
			const page = async (url: string, method: string) => {
				const response = await fetch(url, { method })
				return { status: response.status, body: await response.text() }
			}
			const key = linkKey(undefined, WEBHOOK_TOKEN)
			const expired = signLink(key, { incidentId: id, recipients: "team-lead", expiresAt: clock.now() - 1 })
			const foreign = signLink(key, { incidentId: id + 1, recipients: "team-lead", expiresAt: clock.now() + 60_000 })
			for (const method of ["GET", "POST"]) {
				expect(await page(`${acknowledgeUrl}x`, method)).toMatchObject({
					status: 403,
					body: expect.stringContaining("not valid for this incident"),
				})
				expect((await page(`${webhook.url}/acknowledge/${id}/nonsense`, method)).status).toBe(403)
				expect((await page(`${webhook.url}/acknowledge/${id}/${foreign}`, method)).status).toBe(403)
				expect((await page(`${webhook.url}/acknowledge/${id + 1}/${foreign}`, method)).status).toBe(404)
				expect(await page(`${webhook.url}/acknowledge/${id}/${expired}`, method)).toMatchObject({
					status: 410,
					body: expect.stringContaining("has expired"),
				})
			}
			expect(await page(acknowledgeUrl, "GET")).toMatchObject({
				status: 200,
				body: expect.stringContaining('<form method="post">'),
			})
			expect((await opened()).acknowledgedBy).toBeNull()
		})

		it("acknowledges the incident by the link's button, and notifies the channels who has it", async () => {
			const arrived = since()
			const { id } = await opened()
			const response = await fetch(acknowledgeUrl, { method: "POST" })
			expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("Acknowledged")])
			expect((await opened()).acknowledgedBy).toBe("signed link (team-lead, on-call-engineer)")
			const { slack, pagerDuty, mails } = await onAll(arrived)
			expect(slack[0]).toMatchObject({
				color: "good",
				text: expect.stringContaining("Acknowledged by signed link (team-lead, on-call-engineer)."),
			})
			expect(slack[0]?.text).not.toMatch(/Acknowledge\b|Silence/)
			expect(mails[0]?.subject).toBe("[RESOLVED] database_down not acknowledged (level 2) (critical)")
			const [trigger] = channels.pagerDuty.filter(({ payload }) => payload.summary.includes("not acknowledged"))
			expect(pagerDuty[0]).toMatchObject({ event_action: "resolve", dedup_key: trigger?.dedup_key })
			const entries = await webhook.audit({ action: "incident.acknowledge" })
			expect(entries).toEqual([
				expect.objectContaining({
					actor: "signed link (team-lead, on-call-engineer)",
					target: `incident:${id}`,
					address: expect.stringMatching(/127\.0\.0\.1$/),
				}),
			])
			expect(await (await fetch(acknowledgeUrl)).text()).toContain("has acknowledged it already")
		})

		it("says when it is resolved, with the key by which PagerDuty closes what it opened", async () => {
			const arrived = since()
			const over = new Date().toISOString()
			await alertmanager.post([fire({}, { endsAt: over })])
			const { slack, pagerDuty, mails } = await onAll(arrived)
			expect(slack[0]).toMatchObject({ color: "good", title: expect.stringMatching(/^\[RESOLVED\] PostgreSQL/) })
			expect(slack[0]?.text).toMatch(/over at \d\d:\d\d:\d\d UTC/)
			expect(pagerDuty[0]).toMatchObject({ event_action: "resolve", dedup_key: channels.pagerDuty[0]?.dedup_key })
			expect(mails[0]?.subject).toMatch(/^\[RESOLVED\] PostgreSQL/)
			expect(mails[0]?.text).not.toMatch(/Silence|Acknowledge/)
			await eventually(
				() => webhook.incidents({ status: "resolved" }),
				(all) => all.length === 1,
			)
			expect((await fetch(acknowledgeUrl, { method: "POST" })).status).toBe(409)
			expect(await (await fetch(acknowledgeUrl)).text()).toContain("This incident is resolved")
		})

		it("shows ten of many alerts, and how many there are", async () => {
			const arrived = since()
			const many = Array.from({ length: 12 }, (_, i) => fire({ instance: `db-${i}`, severity: "warning" }))
			await alertmanager.post(many)
			const all = ({ slack }: ReturnType<typeof arrived>) => slack.find(({ title }) => title.startsWith("[FIRING:12]"))
			const found = all(
				await eventually(
					async () => arrived(),
					(now) => all(now) !== undefined,
				),
			)
			expect(found?.text.match(/\|Runbook>/g)).toHaveLength(10)
			expect(found?.text).toContain("These are 10 of 12.")
			expect(found?.color).toBe("warning")
		})

		it("sends no link, mention, escape byte or reversed text of an alert that another sender forged", async () => {
			const arrived = since()
			const evil = "https://evil.example|Acknowledge"
			const links = { acknowledge_url: evil, console_url: "!channel", dashboard_url: evil, runbook_url: "!here" }
			const texts = {
				summary: "odd <!channel> \u202Edne",
				description: "[Acknowledge](https://evil.example) \u001b[2J",
			}
			const forged = fire({ instance: "forged", observatory_page: "escalation" })
			await alertmanager.post([{ ...forged, annotations: { ...texts, ...links } }])
			// Messages of the test before may still arrive.
			const { slack, pagerDuty, mails } = await eventually(
				async () => {
					const { slack, pagerDuty, mails } = arrived()
					return {
						slack: slack.filter(({ title }) => title.includes("odd")),
						pagerDuty: pagerDuty.filter(({ payload }) => payload.summary.includes("odd")),
						mails: mails.filter(({ subject }) => subject.includes("odd")),
					}
				},
				({ slack, pagerDuty, mails }) => slack.length > 0 && pagerDuty.length > 0 && mails.length > 0,
			)
			const sent = [slack, pagerDuty, mails].map((messages) => JSON.stringify(messages)).join("\n")
			expect(slack[0]?.text).toContain("odd &lt;!channel&gt; dne")
			expect(slack[0]?.text).not.toMatch(/<!|evil\.example\||\|Acknowledge|\|Dashboard|\|Runbook/)
			expect(pagerDuty[0]?.links?.map(({ text }) => text)).toEqual(["Console"])
			expect(mails[0]?.text).not.toMatch(/Acknowledge:|Dashboard:|Runbook:|\]\(/)
			expect(sent).not.toMatch(/\\u001b|\u202E/)
		})
	},
)
