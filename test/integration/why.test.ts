import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { readConfig } from "../../prometheus/why/config.ts"
import { createInhibitor, routesFor, silencesOf } from "../../prometheus/why/decide.ts"
import { explainWhy } from "../../prometheus/why/explain.ts"
import type { Instance, Silence } from "../../prometheus/why/facts.ts"
import { readFacts } from "../../prometheus/why/read.ts"
import { startAlertmanager, type TestAlertmanager } from "../support/alertmanager.ts"
import { startPrometheus } from "../support/prometheus.ts"

const CONFIG = `
route:
  receiver: root
  group_by: [alertname]
  group_wait: 1h
  routes:
    - { receiver: a, matchers: ['severity="critical"', 'component=~"d.*|net"'], continue: true }
    - receiver: b
      matchers: ['severity!="info"']
      routes:
        - { receiver: c, matchers: ['component!~"d.*"'], continue: true }
        - { receiver: d, matchers: ['zone=""'] }
    - { receiver: e, match: { component: db }, match_re: { zone: "1|2" } }
inhibit_rules:
  - { source_matchers: ['role="cause"'], target_matchers: ['role="symptom"'], equal: [component] }
  - { source_matchers: ['severity="critical"'], target_matchers: ['severity=~"warning|info"'], equal: [zone, alertname] }
receivers: [{ name: root }, { name: a }, { name: b }, { name: c }, { name: d }, { name: e }]
`

const ALERTS = 10_000
let alertmanager: TestAlertmanager

beforeAll(async () => {
	alertmanager = await startAlertmanager(CONFIG)
})
afterAll(() => alertmanager?.stop())

/** A generator with a seed, so that a failure repeats. */
function random(seed: number): <T>(choices: readonly T[]) => T {
	let state = seed
	return (choices) => {
		state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
		return choices[Math.floor((state / 2 ** 32) * choices.length)] as (typeof choices)[number]
	}
}

const past = new Date(Date.now() - 60_000).toISOString()
const future = new Date(Date.now() + 3_600_000).toISOString()

async function silence(matchers: readonly object[]): Promise<void> {
	const body = JSON.stringify({
		matchers,
		startsAt: new Date().toISOString(),
		endsAt: future,
		createdBy: "Ada",
		comment: "test",
	})
	const headers = { "content-type": "application/json" }
	const response = await fetch(`${alertmanager.url}/api/v2/silences`, { method: "POST", headers, body })
	expect(response.status).toBe(200)
}

interface Shown {
	labels: Record<string, string>
	receivers: { name: string }[]
	status: { silencedBy: string[]; inhibitedBy: string[] }
}

describe("what Alertmanager does with 10,000 alerts", () => {
	it("is what the explanation says of each: receivers, silences, inhibitions", async () => {
		const pick = random(20_261_130)
		const components = Array.from({ length: 40 }, (_, i) => `c${i}`).concat("db", "disk", "net")
		const alerts = Array.from({ length: ALERTS }, (_, i) => {
			const labels: Record<string, string> = {
				alertname: `A${i % 97}`,
				n: String(i),
				severity: pick(["critical", "warning", "info", "info"]),
				component: pick(components),
			}
			const role = pick([undefined, undefined, undefined, "cause", "symptom"])
			// Few causes, or everything would be inhibited.
			if (role === "symptom" || (role === "cause" && i % 40 === 0)) labels.role = role
			const zone = pick([undefined, "1", "2", "3"])
			if (zone) labels.zone = zone
			return labels
		})
		for (let at = 0; at < alerts.length; at += 2_000)
			await alertmanager.post(
				alerts.slice(at, at + 2_000).map((labels) => ({ labels, startsAt: past, endsAt: future })),
			)
		const matcher = (name: string, value: string, isRegex = false, isEqual = true) => ({
			name,
			value,
			isRegex,
			isEqual,
		})
		await silence([matcher("component", "d.*", true), matcher("severity", "critical", false, false)])
		await silence([matcher("alertname", "A1.", true), matcher("zone", "", false)])
		await silence([matcher("role", "symptom")])

		const [shown, silences] = await Promise.all([
			fetch(`${alertmanager.url}/api/v2/alerts`).then((response) => response.json() as Promise<Shown[]>),
			fetch(`${alertmanager.url}/api/v2/silences`).then(
				(response) => response.json() as Promise<Record<string, never>[]>,
			),
		])
		expect(shown).toHaveLength(ALERTS)
		const config = readConfig(CONFIG)
		const period = { from: Date.now(), to: Date.now() + 1_000 }
		const known = silences.map(
			(each) =>
				({ ...each, from: Date.parse(each.startsAt ?? ""), to: Date.parse(each.endsAt ?? "") }) as unknown as Silence,
		)
		const instances: Instance[] = shown.map(({ labels }) => ({
			name: labels.alertname ?? "",
			labels,
			pending: [],
			firing: [period],
		}))
		const inhibitions = createInhibitor(instances, config, period.to)
		const wrong: unknown[] = []
		const seen = { silenced: 0, inhibited: 0, free: 0 }
		for (const [i, { labels, receivers, status }] of shown.entries()) {
			const instance = instances[i] as Instance
			const ours = {
				receivers: [...new Set(routesFor(labels, config.route).map(({ receiver }) => receiver))].sort(),
				silenced: silencesOf(labels, period, known, period.to)
					.map(({ silence: { id } }) => id)
					.sort(),
				inhibited: inhibitions(instance, period).length > 0,
			}
			const theirs = {
				receivers: [...new Set(receivers.map(({ name }) => name))].sort(),
				silenced: [...status.silencedBy].sort(),
				inhibited: status.inhibitedBy.length > 0,
			}
			seen.silenced += theirs.silenced.length > 0 ? 1 : 0
			seen.inhibited += theirs.inhibited ? 1 : 0
			seen.free += theirs.silenced.length === 0 && !theirs.inhibited ? 1 : 0
			if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push({ labels, ours, theirs })
		}
		expect(wrong.slice(0, 3)).toEqual([])
		// Each kind occurs often, otherwise the comparison shows nothing.
		for (const number of Object.values(seen)) expect(number).toBeGreaterThan(500)
	})
})

describe("npm run why", () => {
	it("reads from real servers why an alert fired, waits, or cannot fire", async () => {
		const rules = {
			groups: [
				{
					name: "g",
					interval: "1s",
					rules: [
						{ alert: "Fires", expr: "vector(7) > 5", labels: { severity: "critical", component: "net" } },
						{ alert: "Waits", expr: "vector(7) > 5", for: "1h" },
						{ alert: "Missing", expr: "nothing_of_this_name > 5" },
						{ alert: "Below", expr: "vector(3) > 5" },
					],
				},
			],
		}
		const prometheus = await startPrometheus({ global: { evaluation_interval: "1s" } }, rules)
		try {
			await expect
				.poll(async () => (await prometheus.ask("query", { query: "ALERTS" })).length, { timeout: 60_000 })
				.toBe(2)
			const servers = {
				prometheus: createPrometheus({ url: prometheus.url }),
				alertmanager: { url: alertmanager.url },
				webhook: undefined,
			}
			const now = Date.now()
			const verdict = async (alert: string) => {
				const facts = await readFacts(alert, { from: now - 600_000, to: Date.now() }, servers)
				return explainWhy(facts).verdict
			}
			expect(await verdict("Fires")).toBe("It fired, and it went to a, c, d.")
			expect(await verdict("Waits")).toContain("It was pending")
			expect(await verdict("Missing")).toContain("nothing_of_this_name had no value")
			expect(await verdict("Below")).toContain("its condition was not true")
			expect(await verdict("Unknown")).toContain("no rule of this name")
		} finally {
			await prometheus.stop()
		}
	})
})
