import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import {
	inboxConfiguration,
	startAlertmanager,
	type TestAlertmanager,
	withoutAlertmanager,
} from "../support/alertmanager.ts"
import { startAlertmanagerProxy } from "../support/alertmanager-proxy.ts"
import type { LocalServer } from "../support/local-server.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { UNLIMITED, WEBHOOK_TOKEN, type WindowInput } from "../support/webhook-client.ts"

const POLICIES = `
contacts:
  on-call-engineer: { channels: [slack-ops] }
  team-lead: { channels: [pagerduty] }
policies:
  quick:
    levels:
      - { after: 0s, contacts: [on-call-engineer], channels: [pagerduty] }
      - { after: 30m, contacts: [team-lead] }
severities: { critical: quick }
`

const MINUTE = 60_000
const NEXT_LEVEL = 30 * MINUTE
const LATE_MS = MINUTE

interface Silence {
	readonly status: { readonly state: string }
	readonly comment: string
	readonly createdBy: string
	readonly endsAt: string
}

describe.skipIf(withoutAlertmanager)(
	"maintenance with a real Alertmanager (skipped only where none is installed)",
	() => {
		const webhooks: TestWebhook[] = []
		let webhook: TestWebhook
		/** Another replica, whose clock is behind. */
		let startLate: () => Promise<TestWebhook>
		let clock: MovingClock
		let proxy: LocalServer
		let alertmanager: TestAlertmanager
		let configuration: string

		beforeAll(async () => {
			const port = await freePort()
			const receiver = { url: `http://127.0.0.1:${port}`, token: WEBHOOK_TOKEN }
			configuration = inboxConfiguration(receiver, ["slack-ops", "pagerduty"])
				.replace("  routes:\n", "  routes:\n    - { receiver: others, matchers: ['team=others'] }\n")
				.replace("receivers:\n", "receivers:\n  - { name: others }\n")
				.concat("inhibit_rules: [{ source_matchers: ['alertname=cause'], target_matchers: ['alertname=effect'] }]\n")
			alertmanager = await startAlertmanager(configuration)
			const database = await migratedDatabase(inject("postgresUrl"))
			clock = movingClock(database)
			proxy = await startAlertmanagerProxy(alertmanager.url, { clock })
			const folder = mkdtempSync(path.join(tmpdir(), "observatory-maintenance-"))
			const file = (name: string, text: string) => {
				writeFileSync(path.join(folder, name), text)
				return path.join(folder, name)
			}
			// Nothing listens there: restarting fails at once.
			const restarter = { http: { url: "http://127.0.0.1:9" } }
			const env = {
				ALERTMANAGER_URL: proxy.url,
				ESCALATION_POLICIES: file("policies.yaml", POLICIES),
				REMEDIATION_CONFIG: file(
					"remediation.yaml",
					JSON.stringify({ workers: { asks: restarter, fails: restarter, had: restarter } }),
				),
				CRITICAL_CHANNELS: "pagerduty",
				WEBHOOK_URL: `http://127.0.0.1:${port}`,
			}
			// Two replicas on one database: one silence for a window all the same.
			webhook = await startTestWebhook(database, {
				clock,
				env: { ...env, WEBHOOK_LISTEN: `127.0.0.1:${port}`, RECONCILE_EVERY: "1s", RECONCILE_CLOSE_AFTER: "3s" },
			})
			webhooks.push(webhook, await startTestWebhook(database, { clock, env }))
			startLate = () => startTestWebhook(database, { env, clock: { now: () => clock.now() - LATE_MS } })
		})
		afterAll(async () => {
			await alertmanager?.stop()
			for (const one of webhooks) await one.stop()
			await proxy?.close()
		})

		/** A time for Alertmanager. */
		const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
		/** A time for the webhook. */
		const later = (ms: number) => new Date(clock.now() + ms).toISOString()
		const opened = async (input: WindowInput) => {
			const response = await webhook.requestWindow(input)
			expect(response.status, await response.clone().text()).toBe(201)
			return (await response.json()) as { id: number }
		}
		const end = (id: number) => webhook.endWindow(id)
		const silences = async (id: number) =>
			((await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as Silence[]).filter(({ comment }) =>
				comment.includes(`maintenance window ${id} of `),
			)
		const states = async (id: number) => (await silences(id)).map(({ status }) => status.state)
		const fire = async (name: string, more: object = {}, extra: Record<string, string> = {}) => {
			const labels = {
				alertname: name,
				severity: "critical",
				component: name,
				channels: ",slack-ops,",
				remediation: "restartWorker",
				worker: "w",
				...extra,
			}
			webhook.loadRules({ alerts: [{ labels }] })
			await alertmanager.post([{ labels, annotations: { summary: name }, startsAt: inMs(-60_000), ...more }])
		}
		const kinds = async (name: string) => {
			const found = await webhook.incidentOf(name)
			return found ? await webhook.timeline(found.id) : []
		}
		const escalated = async (name: string) => (await kinds(name)).filter((kind) => kind === "escalated").length
		const messages = async (channel?: string) =>
			(await webhook.inbox({ limit: 200, ...(channel && { channel }) })).messages
		const pagesOf = async (name: string) =>
			(await messages())
				.filter(({ title }) => new RegExp(`\\b${name}(_|$)`).test(title))
				.map(({ channel, title }) => `${channel} ${title}`)
				.reverse()

		it("records what matches, does nothing about it and notifies no one, while everything else continues", async () => {
			const { id } = await opened({ matchers: ['component=~"disk.*"', 'severity="critical"'] })
			expect(await silences(id)).toEqual([
				expect.objectContaining({
					createdBy: "console token",
					comment: expect.stringContaining("new disks"),
					status: { state: "active" },
				}),
			])
			await fire("disk_full")
			await fire("elsewhere")
			await eventually(
				() => kinds("disk_full"),
				(all) => all.includes("suppressed"),
			)
			await eventually(() => escalated("elsewhere"))
			await clock.advance(NEXT_LEVEL)
			expect(await escalated("elsewhere")).toBe(2)
			expect(await kinds("disk_full")).toEqual(["fired", "received", "suppressed"])
			expect(await pagesOf("disk_full")).toEqual([])
			// Nothing says how this worker is restarted; what counts is that it was decided about.
			expect(await kinds("elsewhere")).toContain("remediation_withheld")
			expect((await pagesOf("elsewhere")).length).toBeGreaterThan(1)
			const page = await webhook.page("/response")
			expect(page).toContain("new disks")

			expect((await end(id)).status).toBe(200)
			expect(await states(id)).toEqual(["expired"])
			expect((await end(id)).status).toBe(409)
			await eventually(
				() => kinds("disk_full"),
				(all) => all.includes("remediation_withheld") && all.includes("escalated"),
			)
			await clock.advance(NEXT_LEVEL)
			expect(await escalated("disk_full")).toBe(2)
			expect((await kinds("disk_full")).slice(0, 4)).toEqual(["fired", "received", "suppressed", "resumed"])
			await eventually(
				() => pagesOf("disk_full"),
				(all) =>
					all.includes("slack-ops 1 firing: disk_full") &&
					all.some((one) => one.startsWith("pagerduty 1 firing: disk_full_level_1")),
			)
		})

		it("suppresses an escalation under way, withdraws its open pages, and begins again when the time ends", async () => {
			await fire("midway")
			await eventually(
				() => pagesOf("midway"),
				(all) => all.includes("pagerduty 1 firing: midway_level_1_round_1"),
			)
			const { id } = await opened({ matchers: "component=midway", endsAt: later(2 * NEXT_LEVEL) })
			await eventually(
				() => pagesOf("midway"),
				(all) => all.includes("pagerduty 1 resolved: midway_level_1_round_1"),
			)
			await clock.advance(NEXT_LEVEL + MINUTE)
			expect(await escalated("midway")).toBe(1)
			await clock.advance(NEXT_LEVEL)
			await eventually(
				() => pagesOf("midway"),
				(all) => all.includes("pagerduty 1 firing: midway_level_1_round_2"),
			)
			expect(await kinds("midway")).toContain("resumed")
			await eventually(
				() => states(id),
				([state]) => state === "expired",
			)
			await clock.advance(NEXT_LEVEL)
			await eventually(
				() => pagesOf("midway"),
				(all) => all.includes("pagerduty 1 firing: midway_level_2_round_3"),
			)
		})

		it("resumes what it suppressed: what waits for an approval and what has failed is paged again, once no window is left", async () => {
			for (const [target, mode] of [
				["asks", "approve"],
				["fails", "auto"],
				["had", "auto"],
			] as const)
				await webhook.setPolicy({ action: "restartWorker", target, mode, ...UNLIMITED })
			const names = ["asks", "refused", "fails", "had"]
			for (const name of names)
				await fire(name, {}, { component: "given_again", worker: name === "refused" ? "asks" : name })
			/** What a person on the telephone heard of the remediation of each, in order. */
			const heard = async () => {
				const remediations = await webhook.remediations()
				const onTelephone = await messages("pagerduty")
				const found: Record<string, string[]> = {}
				for (const name of names) {
					const incident = await webhook.incidentOf(name)
					const id = remediations.find(({ incidentId }) => incidentId === incident?.id)?.id
					found[name] = onTelephone
						.flatMap(
							({ title }) => new RegExp(`1 (\\w+): (?:approval|remediation_failed)_${id}$`).exec(title)?.[1] ?? [],
						)
						.reverse()
				}
				return found
			}
			const hears = (wanted: Record<string, string[]>) =>
				eventually(heard, (found) => JSON.stringify(found) === JSON.stringify(wanted))
			const firing = ["firing"]
			await hears({ asks: firing, refused: firing, fails: firing, had: firing })

			const windows = [
				await opened({ matchers: "component=given_again" }),
				await opened({ matchers: 'component=~"given.*"' }),
			]
			const over = ["firing", "resolved"]
			await hears({ asks: over, refused: over, fails: over, had: over })
			// Meanwhile one is decided about, and one is acknowledged.
			const refused = await webhook.idOf("refused")
			const row = (await webhook.remediations()).find(({ incidentId }) => incidentId === refused)
			expect((await webhook.refuse(row?.id ?? 0)).status).toBe(200)
			expect((await webhook.acknowledge(await webhook.idOf("had"))).status).toBe(200)

			expect((await end(windows[0]?.id ?? 0)).status).toBe(200)
			await clock.idle()
			expect(await kinds("asks")).not.toContain("resumed")
			expect((await heard()).asks).toEqual(over)
			expect((await end(windows[1]?.id ?? 0)).status).toBe(200)
			const again = ["firing", "resolved", "firing"]
			await hears({ asks: again, refused: over, fails: again, had: over })
		})

		it("resumes what it suppressed though it is ended on a replica whose clock is before its start", async () => {
			await fire("skewed")
			await eventually(
				() => pagesOf("skewed"),
				(all) => all.includes("pagerduty 1 firing: skewed_level_1_round_1"),
			)
			const late = await startLate()
			const { id } = await opened({ matchers: "component=skewed" })
			await eventually(
				() => pagesOf("skewed"),
				(all) => all.some((one) => one.includes("resolved: skewed_level_1_round_1")),
			)
			const { startsAt = "" } = (await webhook.windows()).find((one) => one.id === id) ?? {}
			expect(clock.now() - Date.parse(startsAt)).toBeLessThan(LATE_MS)
			expect((await late.endWindow(id)).status).toBe(200)
			await late.stop()
			await eventually(
				() => kinds("skewed"),
				(all) => all.includes("resumed"),
			)
			await eventually(
				() => pagesOf("skewed"),
				(all) => all.some((one) => /^pagerduty 1 firing: skewed_level_\d_round_2$/.test(one)),
			)
		})

		it("makes incidents only of what would have been one without it", async () => {
			const { id } = await opened({ matchers: "component=quarter" })
			await fire("cause", {}, { component: "quarter" })
			await fire("effect", {}, { component: "quarter" })
			await fire("theirs", {}, { component: "quarter", team: "others" })
			await eventually(
				() => kinds("cause"),
				(all) => all.includes("suppressed"),
			)
			// The next time that Alertmanager is asked.
			await sleep(6_000)
			expect(await webhook.incidentOf("effect")).toBeUndefined()
			expect(await webhook.incidentOf("theirs")).toBeUndefined()
			await end(id)
		})

		it("closes an incident whose alert ends while it is silenced", async () => {
			const { id } = await opened({ matchers: "component=quiet" })
			await fire("quiet")
			await eventually(
				() => kinds("quiet"),
				(all) => all.includes("suppressed"),
			)
			await fire("quiet", { endsAt: inMs(0) })
			await eventually(
				() => webhook.incidentOf("quiet"),
				(incident) => incident?.status === "resolved",
			)
			await end(id)
			await sleep(2_000)
			expect(await pagesOf("quiet")).toEqual([])
		})

		it("silences in an Alertmanager that was away and has lost its memory, once", async () => {
			const { port } = new URL(alertmanager.url)
			await alertmanager.stop()
			const { id } = await opened({ matchers: "component=away" })
			alertmanager = await startAlertmanager(configuration, Number(port))
			await eventually(
				() => states(id),
				(all) => all.length > 0,
			)
			await sleep(6_000)
			expect(await states(id)).toEqual(["active"])
		})

		it("begins later when asked to, and can be withdrawn before", async () => {
			await fire("later")
			await eventually(() => escalated("later"))
			await clock.advance(NEXT_LEVEL)
			const { id } = await opened({ matchers: "component=later", startsAt: later(10 * MINUTE) })
			expect(await states(id)).toEqual(["pending"])
			expect((await end(id)).status).toBe(200)
			expect(await states(id)).toEqual(["expired"])
			await clock.advance(20 * MINUTE)
			expect((await kinds("later")).filter((kind) => /suppressed|resumed/.test(kind))).toEqual([])
		})

		it("never suppresses pages about the observatory itself", async () => {
			await opened({ matchers: 'severity="critical"' })
			await webhook.change("stop", "drill")
			await eventually(
				() => messages(),
				(all) => all.some(({ title }) => title.includes("firing: emergency_stop")),
			)
		})

		it.each([
			[{ matchers: "" }, "say what it is about"],
			[{ matchers: "component=~(a+)+" }, "may only have text"],
			[{ matchers: "severity!=info" }, "everything would match"],
			[{ endsAt: "2020-01-01T00:00:00Z" }, "in the future"],
			[{ endsAt: "tomorrow" }, "expected a time"],
			[{ endsAt: "2126-01-01T00:00" }, "a week"],
			[{ reason: " " }, "expected a reason"],
		])("refuses %j and says why", async (input, problem) => {
			const response = await webhook.requestWindow({ matchers: "component=refused", ...input })
			expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(problem)])
		})

		it("is written down: who opened and ended it, and that the chain is whole", async () => {
			const entries = await webhook.audit({ target: "maintenance:1" })
			expect(entries.map(({ actor, action }) => `${actor} ${action}`).reverse()).toEqual([
				"console token maintenance.open",
				"observatory maintenance.started",
				"console token maintenance.end",
				"observatory maintenance.ended",
			])
			expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
		})
	},
)
