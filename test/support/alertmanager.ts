import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "./postgres.ts"
import { findProgram, startProgram } from "./process.ts"

export const ALERTMANAGER = findProgram("prometheus-alertmanager", "alertmanager")

/** Tests of a real Alertmanager may only be left out on a person's machine, never in CI. */
export const withoutAlertmanager = ALERTMANAGER === undefined && !process.env.CI

export interface TestAlertmanager {
	readonly url: string
	/** Puts alerts in as Prometheus does; an alert with `endsAt` in the past is resolved. */
	post(alerts: readonly Record<string, unknown>[]): Promise<void>
	stop(): Promise<void>
}

/**
 * A configuration that delivers everything to alert-webhook, and what names one of `channels` to its inbox as
 * well, each alert as soon as it is there.
 */
export function inboxConfiguration(webhook: { url: string; token: string }, channels: readonly string[]): string {
	const receiver = (name: string, to: string) =>
		`  - { name: ${name}, webhook_configs: [{ url: "${webhook.url}${to}", http_config: { authorization: { credentials: ${webhook.token} } } }] }`
	const route = (name: string) => `    - { receiver: ${name}, matchers: ['channels=~".*,${name},.*"'], continue: true }`
	return `
route:
  receiver: observatory
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - { receiver: observatory, continue: true }
${channels.map(route).join("\n")}
receivers:
${receiver("observatory", "/api/alertmanager")}
${channels.map((name) => receiver(name, `/api/inbox/${name}`)).join("\n")}
`
}

export interface AlertmanagerOptions {
	/** Files beside the configuration, such as templates, by path. */
	readonly files?: Readonly<Record<string, string>>
	/** What its environment has besides ours. */
	readonly env?: Readonly<Record<string, string>>
}

/** An Alertmanager of its own, without a memory, with a configuration as YAML text, on a free port or the one given. */
export async function startAlertmanager(
	configuration: string,
	wanted?: number,
	{ files = {}, env = {} }: AlertmanagerOptions = {},
): Promise<TestAlertmanager> {
	if (ALERTMANAGER === undefined)
		throw new Error(
			"neither prometheus-alertmanager nor alertmanager is installed: apt-get install prometheus-alertmanager",
		)
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-am-"))
	const file = path.join(folder, "alertmanager.yml")
	writeFileSync(file, configuration)
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
		writeFileSync(path.join(folder, name), text)
	}
	const port = wanted ?? (await freePort())
	const url = `http://127.0.0.1:${port}`
	const child = await startProgram(
		ALERTMANAGER,
		[
			`--config.file=${file}`,
			`--storage.path=${path.join(folder, "data")}`,
			`--web.listen-address=127.0.0.1:${port}`,
			"--cluster.listen-address=",
		],
		`${url}/-/ready`,
		env,
	)
	return {
		url,
		async post(alerts) {
			const response = await fetch(`${url}/api/v2/alerts`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(alerts),
			})
			if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
		},
		async stop() {
			await child.stop()
			rmSync(folder, { recursive: true, force: true })
		},
	}
}
