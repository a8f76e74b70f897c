import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parse } from "yaml"
import { hookScript } from "../../alert-webhook/workflows/gate/hook-script.ts"
import { gateHooks, withHooks } from "../../alert-webhook/workflows/gate/settings.ts"
import { createDatabase, startPostgres } from "../support/postgres.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { startTestWebhook } from "../support/webhook.ts"

const ALERT = "stop_incomplete"
const PATIENCE_MS = 180_000
/** The aim, from the removal of the hook. */
const LIMIT_MS = 60_000

/**
 * The alert for a host that a stop would not reach, from the removal of its hook to the firing alert, and from the
 * hook's return to its end: a real webhook, and a real Prometheus with the shipped rules and intervals.
 */
export async function run(): Promise<boolean> {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-stop-alert-"))
	const settings = path.join(home, "settings.json")
	const flag = path.join(home, "gate.json")
	const hooks = gateHooks(
		{ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 },
		{ knowsOnFailure: true },
	)
	const install = () => writeFileSync(settings, JSON.stringify(withHooks({}, hooks)))
	install()
	const postgres = await startPostgres({ durable: false })
	try {
		const env = { GATE_SETTINGS_FILE: settings, GATE_FLAG_FILE: flag }
		const webhook = await startTestWebhook(await createDatabase(postgres.url()), { env })
		const prometheus = await startPrometheus(scraping(webhook.url), shippedRule())
		try {
			const healthy = await until(prometheus, "autonomous_stoppable_ratio == 1")
			if (healthy === undefined) {
				const { outside } = await webhook.json<{ outside: readonly object[] }>("/api/control/stoppable")
				throw new Error(`the gate of this host never answered: ${JSON.stringify(outside)}`)
			}
			writeFileSync(settings, "{}")
			const fired = await until(prometheus, `ALERTS{alertname="${ALERT}",alertstate="firing"}`)
			install()
			const cleared = await until(prometheus, `absent(ALERTS{alertname="${ALERT}",alertstate="firing"})`)
			process.stdout.write(
				`${ALERT}: fires ${text(fired)} after the removal of the hook, ends ${text(cleared)} after its return\n`,
			)
			return fired !== undefined && fired <= LIMIT_MS && cleared !== undefined
		} finally {
			await prometheus.stop()
			await webhook.stop()
		}
	} finally {
		await postgres.remove()
		rmSync(home, { recursive: true, force: true })
	}
}

const text = (ms: number | undefined) => (ms === undefined ? "never" : `${(ms / 1_000).toFixed(0)} s`)

const scraping = (url: string) => ({
	global: { scrape_interval: "15s", evaluation_interval: "15s" },
	scrape_configs: [{ job_name: "alert-webhook", static_configs: [{ targets: [new URL(url).host] }] }],
})

/** The alert alone, with the interval of its group. @throws Error when it is not shipped */
function shippedRule(): object {
	const file = path.join(import.meta.dirname, "../../prometheus/rules/alerts.yml")
	const { groups } = parse(readFileSync(file, "utf8")) as { groups: { name: string; rules: { alert?: string }[] }[] }
	const group = groups.find(({ rules }) => rules.some(({ alert }) => alert === ALERT))
	if (group === undefined) throw new Error(`${ALERT} is not in ${file}`)
	return { groups: [{ ...group, rules: group.rules.filter(({ alert }) => alert === ALERT) }] }
}

/** Milliseconds until a query has a result; undefined when it has none in time. */
async function until(prometheus: TestPrometheus, query: string): Promise<number | undefined> {
	for (const from = Date.now(); Date.now() - from < PATIENCE_MS; await sleep(250))
		if ((await prometheus.ask("query", { query })).length > 0) return Date.now() - from
	return undefined
}
