import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { renderText } from "../../core/alerts/report/text.ts"
import { createSource } from "../../core/alerts/source.ts"
import { readChannels } from "../read.ts"
import { configText, renderConfig } from "./config.ts"

const GOLDEN = path.resolve(import.meta.dirname, "../../test/golden/alertmanager")
const ALERTS = `alerts:
  critical:
    - { name: database_down, condition: health.database.status == 'unhealthy', channels: [phone, chat, pager] }
  warning:
    - { name: slow, condition: metrics.database.queryLatency > 1s, channels: [mail, nowhere], silences: [slower] }
    - { name: slower, condition: metrics.database.queryLatency > 2s, channels: [hook, teams], symptom_of: [database_down] }
`
const CHANNELS = `hours:
  office: { weekdays: ["monday:friday"], from: "09:00", to: "17:30", time_zone: Europe/Berlin }
channels:
  chat: { kind: slack, secret: slack-url, channel: "#ops" }
  pager: { kind: pagerduty, secret: pager-key }
  mail: { kind: email, to: a@example.com, from: b@example.com, smarthost: "smtp.example.com:587", username: b, secret: mail-password, hours: office, send_resolved: false }
  teams: { kind: teams, secret: teams-url }
  hook: { kind: webhook, url: "https://example.com/hook", secret: hook-token }
  phone: { kind: sns, region: eu-central-1, phone_number: "+491701234567" }
`

const channels = (text: string) => readChannels(createSource("channels.yaml", text))

function render(version: string, secretPath: (name: string) => string | undefined) {
	const { file } = compileAlerts(createSource("alerts.yaml", ALERTS))
	const settings = channels(CHANNELS).file
	if (!file || !settings) throw new Error("the fixtures do not compile")
	return renderConfig(file, settings, {
		webhookUrl: "http://webhook:9099",
		tokenFile: "/secrets/token",
		version,
		secretPath,
	})
}

describe("the Alertmanager configuration", () => {
	it("has a receiver of its kind for each channel whose secret is there", async () => {
		const { config, inbox } = render("0.28", (name) => `/secrets/${name}`)
		expect(inbox).toEqual([{ channel: "nowhere", reason: "it is not defined in alertmanager/channels.yaml" }])
		await expect(configText(config)).toMatchFileSnapshot(path.join(GOLDEN, "out-configured.yml"))
	})

	it("delivers every channel without its secret to the inbox, with the same token", () => {
		const { config, inbox } = render("0.28", () => undefined)
		expect(inbox.map(({ channel }) => channel)).toEqual(["chat", "pager", "mail", "teams", "hook", "nowhere"])
		expect(config.receivers).toContainEqual({
			name: "chat",
			webhook_configs: [
				{
					send_resolved: true,
					url: "http://webhook:9099/api/inbox/chat",
					http_config: { authorization: { type: "Bearer", credentials_file: "/secrets/token" } },
				},
			],
		})
	})

	it("delivers Teams to the inbox when an Alertmanager without it is written for", () => {
		expect(render("0.25", (name) => name).inbox).toContainEqual({
			channel: "teams",
			reason: "Microsoft Teams needs Alertmanager 0.28, and 0.25 is written for",
		})
	})

	it("never inhibits an alert that is remediated, because alert-webhook would not be notified of it", () => {
		const rules = render("0.25", () => undefined).config.inhibit_rules
		expect(rules.find(({ source_matchers }) => source_matchers.includes('role="cause"'))?.target_matchers).toContain(
			'remediation=""',
		)
	})
})

describe("channels.yaml", () => {
	it("is shipped without a mistake", () => {
		const { diagnostics } = channels(readFileSync(path.resolve(import.meta.dirname, "../channels.yaml"), "utf8"))
		expect(diagnostics).toEqual([])
	})

	it.each([
		["channels: { a: { kind: slak, secret: x } }", "a.kind", "slack, pagerduty"],
		["channels: { a: { kind: slack } }", "a has no secret", "a field secret"],
		[
			"channels: { a: { kind: slack, secret: ../../etc/passwd } }",
			'a.secret cannot be "../../etc/passwd"',
			"without a directory",
		],
		["channels: { a: { kind: slack, secrt: x } }", 'a has no field "secrt"', "did you mean secret?"],
		["channels: { a: { kind: slack, secret: x, hours: nights } }\nhours: {}", "there are no hours named nights", ""],
		["channels: { a: { kind: sns, region: x } }", "needs either a topic_arn or a phone_number", ""],
		["channels: { observatory: { kind: slack, secret: x } }", "the receiver that everything goes to", "another name"],
		['channels: { a: { kind: webhook, url: "javascript:x" } }', "a.url cannot be", "an http:// or https:// address"],
		['channels: { a: { kind: webhook, url: "http://h/{{ .Status }}" } }', "a.url cannot be", "braces"],
		['channels: { a: { kind: slack, secret: x, channel: "{{ .Status }}" } }', "a.channel cannot be", "without {{"],
		['channels: { a: { kind: slack, secret: x, channel: "#\\u202esop" } }', "a.channel cannot be", "direction"],
		["channels: [a]", "channels cannot be a list", "a mapping"],
	])("%s is reported as wrong", (text, message, expected) => {
		const source = createSource("channels.yaml", text)
		const { file, diagnostics } = readChannels(source)
		const report = renderText(source, diagnostics)
		expect(file).toBeUndefined()
		expect(report).toContain(message)
		expect(report).toContain(expected)
	})

	it("reports all mistakes at once, those of fields that belong together included", () => {
		const { diagnostics } = channels(`hours:
  office: { weekdays: ["monday:friday"], from: "09:00", to: "5pm", time_zone: UTC }
channels:
  chat: { kind: slack, hours: ofice }
  phone: { kind: sns, region: eu-central-1, hours: nights }
  observatory: { kind: pager, secret: x }
`)
		expect(diagnostics.map(({ message }) => message)).toEqual([
			'office.to cannot be "5pm"',
			"chat has no secret",
			"there are no hours named ofice",
			"phone needs either a topic_arn or a phone_number",
			"there are no hours named nights",
			"observatory is the receiver that everything goes to",
			'observatory.kind cannot be "pager"',
		])
	})
})
