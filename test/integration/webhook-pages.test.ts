import { once } from "node:events"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { type PassedAlert, startAlertmanagerProxy } from "../support/alertmanager-proxy.ts"
import type { LocalServer } from "../support/local-server.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const POLICIES = `
policies:
  once: { levels: [{ after: 0s, channels: [slack-ops] }] }
  mistyped: { levels: [{ after: 0s, channels: [slack-ops, pagerdutty] }] }
severities: { critical: once }
`
const CONFIGURATION = "route: { receiver: slack-ops }\nreceivers: [{ name: slack-ops }]\n"

describe.skipIf(withoutAlertmanager)(
	"pages on their way to a real Alertmanager (skipped only where none is installed)",
	() => {
		let webhook: TestWebhook
		let replica: TestWebhook
		let alertmanager: TestAlertmanager
		let proxy: LocalServer
		let client: pg.Client
		/** What the proxy does with the alerts of one incident. */
		let delayed: { name: string; until: Promise<void> } | undefined
		let cut = false
		/** What arrived about each page, in order. */
		const arrived = new Map<string, ("firing" | "over")[]>()

		beforeAll(async () => {
			const databaseUrl = await migratedDatabase(inject("postgresUrl"))
			client = new pg.Client(databaseUrl)
			await client.connect()
			alertmanager = await startAlertmanager(CONFIGURATION)
			const about = (alerts: readonly PassedAlert[], name: string) =>
				alerts.some(({ labels }) => labels.alertname?.startsWith(name))
			proxy = await startAlertmanagerProxy(alertmanager.url, {
				delay: async (alerts) => {
					const hold = delayed
					if (!hold || !about(alerts, hold.name)) return
					// The first one only.
					delayed = undefined
					await hold.until
				},
				passed: (alerts) => {
					for (const { labels, endsAt } of alerts) {
						const name = labels.alertname ?? ""
						const is = Date.parse(endsAt) > Date.now() ? "firing" : "over"
						arrived.set(name, [...(arrived.get(name) ?? []), is])
					}
				},
				cut: () => cut,
			})
			const policies = path.join(mkdtempSync(path.join(tmpdir(), "observatory-pages-")), "policies.yaml")
			writeFileSync(policies, POLICIES)
			const env = { ALERTMANAGER_URL: proxy.url, ESCALATION_POLICIES: policies }
			webhook = await startTestWebhook(databaseUrl, { env })
			replica = await startTestWebhook(databaseUrl, { env })
		})
		afterAll(async () => {
			await webhook?.stop()
			await replica?.stop()
			await proxy?.close()
			await alertmanager?.stop()
			await client?.end()
		})

		const open = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
			await webhook.notify({ name, fingerprint: name, labels })
			const { rows } = await client.query("select id from observatory.incidents where fingerprint = $1", [name])
			return Number(rows[0].id)
		}
		const acknowledge = async (id: number) => expect((await replica.acknowledge(id)).status).toBe(200)
		const about = (name: string) => arrived.get(`${name}_level_1_round_1`) ?? []
		const arrivedOf = (name: string, wanted: (all: readonly string[]) => boolean) =>
			eventually(async () => about(name), wanted)
		/** Alertmanager's own view: which pages are open. */
		const openPages = async () => {
			const response = await fetch(`${alertmanager.url}/api/v2/alerts`)
			return ((await response.json()) as PassedAlert[]).map(({ labels }) => labels.alertname)
		}

		it("arrive in the order of what they say, whichever replica sends them: none overtakes an older one", async () => {
			const hold = new AbortController()
			const released = once(hold.signal, "abort").then(() => undefined)
			delayed = { name: "overtaken", until: released }
			const id = await open("overtaken")
			await eventually(
				async () => delayed,
				(waiting) => waiting === undefined,
			)
			await acknowledge(id)
			// Long enough for every page that would overtake it.
			await sleep(2_000)
			hold.abort()
			await arrivedOf("overtaken", (all) => all.includes("over") && all.includes("firing"))
			expect(about("overtaken").join(" ")).toMatch(/^(firing )+over( over)*$/)
			await eventually(openPages, (names) => !names.includes("overtaken_level_1_round_1"))
		})

		it("are resolved even when no record of their sending is left", async () => {
			cut = true
			const id = await open("unmarked")
			await arrivedOf("unmarked", (all) => all.includes("firing"))
			await acknowledge(id)
			cut = false
			await arrivedOf("unmarked", (all) => all.includes("over"))
			await eventually(openPages, (names) => !names.includes("unmarked_level_1_round_1"))
		})

		it("do not count as sent when Alertmanager has no receiver for one of their channels", async () => {
			const unsent = () => webhook.sample("observatory_pages_unsent")
			await open("known")
			await arrivedOf("known", (all) => all.includes("firing"))
			await eventually(unsent, (n) => n === 0)
			const id = await open("mistyped", { escalation: "mistyped" })
			await arrivedOf("mistyped", (all) => all.includes("firing"))
			await sleep(1_000)
			expect(await unsent()).toBe(1)
			await acknowledge(id)
			await eventually(unsent, (n) => n === 0)
		})

		it("end no earlier than they began, though the clocks of replicas differ", async () => {
			await client.query(`
				create function ahead() returns trigger language plpgsql as $$
				begin new.starts_at := new.starts_at + interval '2 seconds'; return new; end $$;
				create trigger ahead before insert on observatory.pages for each row
				when (new.labels->>'alertname' like 'ahead%') execute function ahead()`)
			const id = await open("ahead")
			await arrivedOf("ahead", (all) => all.includes("firing"))
			await acknowledge(id)
			await eventually(openPages, (names) => !names.includes("ahead_level_1_round_1"))
			const { rows } = await client.query("select 1 from observatory.pages where ended_at < starts_at")
			expect(rows).toEqual([])
		})
	},
)
