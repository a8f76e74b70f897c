/** `npm run why`: what became of an alert, and why people were paged or not. */
import { z } from "zod"
import { type Endpoint, serversFor } from "../../core/clients/endpoint.ts"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { readArguments, requireWords, runCommand, usageError } from "../../core/lib/arguments.ts"
import { type Env, httpUrl, listenAddress, loadConfig, parseDuration } from "../../core/lib/config.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { withLocalAddresses, withLocalTokens } from "../../core/lib/local-run.ts"
import { nearest } from "../../core/lib/nearest.ts"
import { printable } from "../../core/lib/plain-text.ts"
import { explainWhy, renderWhy } from "./explain.ts"
import { readFacts, readIncident, type Window } from "./read.ts"

const HELP = `npm run why -- ALERT|INCIDENT [OPTIONS]

Says what became of an alert: its condition's values, when it was pending and firing, which silence or other alert suppressed
it, which receivers it went to, failed notifications, and its incidents. For an alert that did not fire: what was missing.
INCIDENT is the number of an incident on the console.

  --at TIME          about half an hour before and after this time, such as 2026-11-30T14:03Z; otherwise until now
  --for 1h           how far back from now, or around --at
  --format text      text or json
  --prometheus-url URL, --alertmanager-url URL, --webhook-url URL
                     where they are (PROMETHEUS_URL, ALERTMANAGER_URL, WEBHOOK_URL)

Exit code: 0 answered, 1 Prometheus does not answer or there is no such alert, 2 wrong usage.
`

const ADVICE = "npm run why -- --help lists the options."
const text = { type: "string" } as const

async function main(): Promise<void> {
	const { values, positionals } = readArguments(
		{
			allowPositionals: true,
			options: {
				at: text,
				for: text,
				format: text,
				"prometheus-url": text,
				"alertmanager-url": text,
				"webhook-url": text,
				help: { type: "boolean", short: "h" },
			},
		},
		ADVICE,
	)
	if (values.help) return void process.stdout.write(HELP)
	const [asked] = positionals
	if (asked === undefined) throw usageError("name an alert or the number of an incident", ADVICE)
	requireWords(positionals, 1, ADVICE)
	const format = values.format ?? "text"
	if (format !== "text" && format !== "json") throw usageError(`--format is text or json, not ${format}`, ADVICE)
	const env = withLocalAddresses(process.env)
	const { prometheus, alertmanager } = serversFor(withListeners(env), {
		prometheus: values["prometheus-url"],
		alertmanager: values["alertmanager-url"],
	})
	const webhook = webhookOf(env, values["webhook-url"])
	const client = createPrometheus(prometheus, 60_000)
	const { alert, at } = await subjectOf(asked, webhook)
	const window = windowOf(values.at, values.for, at)
	const facts = await readFacts(alert, window, { prometheus: client, alertmanager, webhook })
	if (facts.rules.length === 0 && facts.instances.every(({ name }) => name !== alert)) {
		const names = [...new Set((await client.alertRules()).map(({ name }) => name))]
		const near = nearest(alert, names)
		throw new ObservatoryError("not_found", `Prometheus has no alert ${alert}`, {
			advice: near ? `Did you mean ${near}?` : "npm run rules -- --check says whether the rules are up to date.",
		})
	}
	const explanation = explainWhy(facts)
	process.stdout.write(
		format === "json" ? `${JSON.stringify(explanation, null, 2)}\n` : `${printable(renderWhy(explanation))}\n`,
	)
}

async function subjectOf(
	asked: string,
	webhook: Endpoint | undefined,
): Promise<{ alert: string; at: number | undefined }> {
	if (!/^#?\d+$/.test(asked)) return { alert: asked, at: undefined }
	if (webhook === undefined)
		throw new ObservatoryError("config_invalid", "an incident is read from the webhook, which asks for a token", {
			advice: "Set WEBHOOK_URL and CONSOLE_TOKEN_FILE, or name the alert instead.",
		})
	const { alertname, timeline, createdAt } = await readIncident(webhook, Number(asked.replace("#", "")))
	return { alert: alertname, at: timeline[0]?.at ?? createdAt }
}

function windowOf(at: string | undefined, length: string | undefined, incidentAt: number | undefined): Window {
	const lengthMs = parseDuration(length ?? "1h")
	if (lengthMs === undefined || lengthMs < 60_000)
		throw usageError(`--for is a duration such as 1h, not ${length}`, ADVICE)
	const now = Date.now()
	const middle = at === undefined ? incidentAt : Date.parse(at)
	if (middle === undefined) return { from: now - lengthMs, to: now }
	if (Number.isNaN(middle)) throw usageError(`--at is a time such as 2026-11-30T14:03Z, not ${at}`, ADVICE)
	if (middle > now) throw usageError(`--at is in the future: ${at}`, ADVICE)
	return { from: middle - lengthMs / 2, to: Math.min(now, middle + lengthMs / 2) }
}

const listeners = z.object({
	PROMETHEUS_LISTEN: listenAddress("127.0.0.1:9090"),
	ALERTMANAGER_LISTEN: listenAddress("127.0.0.1:9093"),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	WEBHOOK_URL: httpUrl().optional(),
	CONSOLE_TOKEN: z.string().optional(),
})

/** The addresses of the local run as URLs, where none are given. */
function withListeners(env: Env): Env {
	const { PROMETHEUS_LISTEN: prometheus, ALERTMANAGER_LISTEN: alertmanager } = loadConfig(listeners, env)
	return {
		...env,
		PROMETHEUS_URL: env.PROMETHEUS_URL || `http://${prometheus.host}:${prometheus.port}`,
		ALERTMANAGER_URL: env.ALERTMANAGER_URL || `http://${alertmanager.host}:${alertmanager.port}`,
	}
}

function webhookOf(env: Env, named: string | undefined): Endpoint | undefined {
	const { WEBHOOK_LISTEN, WEBHOOK_URL, CONSOLE_TOKEN } = loadConfig(listeners, withLocalTokens(env))
	if (CONSOLE_TOKEN === undefined) return undefined
	const url = named ?? WEBHOOK_URL ?? `http://${WEBHOOK_LISTEN.host}:${WEBHOOK_LISTEN.port}`
	return { url: url.replace(/\/+$/, ""), authorization: `Bearer ${CONSOLE_TOKEN}` }
}

await runCommand(main)
