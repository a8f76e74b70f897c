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
import { createDatabase, freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { startTestWebhook, type TestWebhook, WEBHOOK_TOKEN } from "../support/webhook.ts"

const POLICIES = `
contacts:
  on-call-engineer: { channels: [slack-ops] }
  team-lead: { channels: [pagerduty] }
policies:
  quick:
    levels:
      - { after: 0s, contacts: [on-call-engineer], channels: [pagerduty] }
      - { after: 3s, contacts: [team-lead] }
severities: { critical: quick }
`

const LATE_MS = 4_000

interface Incident {
	readonly id: number
	readonly alertname: string
	readonly status: string
	readonly timeline: { readonly kind: string; readonly details: Record<string, unknown> }[]
}
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
			const folder = mkdtempSync(path.join(tmpdir(), "observatory-maintenance-"))
			const file = (name: string, text: string) => {
				writeFileSync(path.join(folder, name), text)
				return path.join(folder, name)
			}
			// Nothing listens there: restarting fails at once.
			const restarter = { http: { url: "http://127.0.0.1:9" } }
			const env = {
				ALERTMANAGER_URL: alertmanager.url,
				ESCALATION_POLICIES: file("policies.yaml", POLICIES),
				REMEDIATION_CONFIG: file(
					"remediation.yaml",
					JSON.stringify({ workers: { asks: restarter, fails: restarter, had: restarter } }),
				),
				CRITICAL_CHANNELS: "pagerduty",
				WEBHOOK_URL: `http://127.0.0.1:${port}`,
			}
			const database = await createDatabase(inject("postgresUrl"))
			// Two replicas on one database: one silence for a window all the same.
			webhook = await startTestWebhook(database, {
				env: { ...env, WEBHOOK_LISTEN: `127.0.0.1:${port}`, RECONCILE_EVERY: "1s", RECONCILE_CLOSE_AFTER: "3s" },
			})
			webhooks.push(webhook, await startTestWebhook(database, { env }))
			startLate = () => startTestWebhook(database, { env, clock: { now: () => Date.now() - LATE_MS } })
		})
		afterAll(async () => {
			await alertmanager?.stop()
			for (const one of webhooks) await one.stop()
		})

		const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
		const post = (to: string, body: object) =>
			webhook.api(to, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
		const open = (input: Record<string, unknown>) =>
			post("/api/maintenance", { reason: "new disks", endsAt: inMs(3_600_000), ...input })
		const opened = async (input: Record<string, unknown>) => {
			const response = await open(input)
			expect(response.status, await response.clone().text()).toBe(201)
			return (await response.json()) as { id: number }
		}
		const end = (id: number) => webhook.api(`/api/maintenance/${id}/end`, { method: "POST" })
		const silences = async (id: number) =>
			((await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as Silence[]).filter(({ comment }) =>
				comment.includes(`maintenance window ${id} of `),
			)
		const states = async (id: number) => (await silences(id)).map(({ status }) => status.state)
		const fire = (name: string, more: object = {}, labels: Record<string, string> = {}) =>
			alertmanager.post([
				{
					labels: {
						alertname: name,
						severity: "critical",
						component: name,
						channels: ",slack-ops,",
						remediation: "restartWorker",
						worker: "w",
						...labels,
					},
					annotations: { summary: name },
					startsAt: inMs(-60_000),
					...more,
				},
			])
		const incidentOf = async (name: string): Promise<Incident | undefined> => {
			const { incidents } = await webhook.json<{ incidents: Incident[] }>(`/api/incidents?alertname=${name}`)
			return incidents[0] && (await webhook.json<Incident>(`/api/incidents/${incidents[0].id}`))
		}
		const kinds = async (name: string) => (await incidentOf(name))?.timeline.map(({ kind }) => kind) ?? []
		const told = async (name: string) =>
			(await webhook.json<{ messages: { channel: string; title: string }[] }>("/api/inbox?limit=200")).messages
				.filter(({ title }) => new RegExp(`\\b${name}(_|$)`).test(title))
				.map(({ channel, title }) => `${channel} ${title}`)
				.reverse()

		it("records what matches, does nothing about it and tells nobody, while everything else goes on", async () => {
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
			await eventually(
				() => kinds("elsewhere"),
				(all) => all.filter((kind) => kind === "escalated").length === 2,
			)
			expect(await kinds("disk_full")).toEqual(["fired", "received", "suppressed"])
			expect(await told("disk_full")).toEqual([])
			// Nothing says how this worker is restarted; what counts is that it was decided about.
			expect(await kinds("elsewhere")).toContain("remediation_withheld")
			expect((await told("elsewhere")).length).toBeGreaterThan(1)
			const page = await (await webhook.api("/response")).text()
			expect(page).toContain("new disks")

			expect((await end(id)).status).toBe(200)
			expect(await states(id)).toEqual(["expired"])
			expect((await end(id)).status).toBe(409)
			const after = await eventually(
				() => kinds("disk_full"),
				(all) => all.includes("remediation_withheld") && all.filter((kind) => kind === "escalated").length === 2,
			)
			expect(after.slice(0, 4)).toEqual(["fired", "received", "suppressed", "resumed"])
			await eventually(
				() => told("disk_full"),
				(all) =>
					all.includes("slack-ops 1 firing: disk_full") &&
					all.some((one) => one.startsWith("pagerduty 1 firing: disk_full_level_1")),
			)
		})

		it("holds an escalation under way, takes back what stands, and begins again when the time is over", async () => {
			await fire("held")
			await eventually(
				() => told("held"),
				(all) => all.includes("pagerduty 1 firing: held_level_1_round_1"),
			)
			const { id } = await opened({ matchers: "component=held", endsAt: inMs(15_000) })
			await eventually(
				() => told("held"),
				(all) => all.includes("pagerduty 1 resolved: held_level_1_round_1"),
			)
			await sleep(4_000)
			expect((await kinds("held")).filter((kind) => kind === "escalated")).toHaveLength(1)
			await eventually(
				() => told("held"),
				(all) => all.includes("pagerduty 1 firing: held_level_1_round_2"),
				30_000,
			)
			expect(await kinds("held")).toContain("resumed")
			await eventually(
				() => states(id),
				([state]) => state === "expired",
			)
			await eventually(
				() => told("held"),
				(all) => all.includes("pagerduty 1 firing: held_level_2_round_3"),
			)
		})

		it("gives back what it took: what waits for an approval and what has failed is told again, once no window is left", async () => {
			const unbound = { cooldownSeconds: 0, maxPerHour: 100, maxPerDay: 1_000, breakerFailures: 100 }
			for (const [target, mode] of [
				["asks", "approve"],
				["fails", "auto"],
				["had", "auto"],
			])
				await post("/api/remediation/policies", { action: "restartWorker", target, mode, ...unbound })
			const names = ["asks", "refused", "fails", "had"]
			for (const name of names)
				await fire(name, {}, { component: "given_back", worker: name === "refused" ? "asks" : name })
			/** What a person on the telephone heard of the remediation of each, in order. */
			const heard = async () => {
				const { remediations } = await webhook.json<{ remediations: { id: number; incidentId: number }[] }>(
					"/api/remediations",
				)
				const { messages } = await webhook.json<{ messages: { channel: string; title: string }[] }>(
					"/api/inbox?limit=200&channel=pagerduty",
				)
				const found: Record<string, string[]> = {}
				for (const name of names) {
					const incident = await incidentOf(name)
					const id = remediations.find(({ incidentId }) => incidentId === incident?.id)?.id
					found[name] = messages
						.flatMap(
							({ title }) => new RegExp(`1 (\\w+): (?:approval|remediation_failed)_${id}$`).exec(title)?.[1] ?? [],
						)
						.reverse()
				}
				return found
			}
			const hears = (wanted: Record<string, string[]>) =>
				eventually(heard, (found) => JSON.stringify(found) === JSON.stringify(wanted), 20_000)
			const firing = ["firing"]
			await hears({ asks: firing, refused: firing, fails: firing, had: firing })

			const windows = [
				await opened({ matchers: "component=given_back" }),
				await opened({ matchers: 'component=~"given.*"' }),
			]
			const over = ["firing", "resolved"]
			await hears({ asks: over, refused: over, fails: over, had: over })
			// Meanwhile one is decided about, and one is taken.
			const { remediations } = await webhook.json<{ remediations: { id: number; incidentId: number }[] }>(
				"/api/remediations",
			)
			const refused = (await incidentOf("refused"))?.id
			const row = remediations.find(({ incidentId }) => incidentId === refused)
			expect((await post(`/api/remediations/${row?.id}/refuse`, {})).status).toBe(200)
			expect((await post(`/api/incidents/${(await incidentOf("had"))?.id}/acknowledge`, {})).status).toBe(200)

			expect((await end(windows[0]?.id ?? 0)).status).toBe(200)
			await sleep(2_000)
			expect(await kinds("asks")).not.toContain("resumed")
			expect((await heard()).asks).toEqual(over)
			expect((await end(windows[1]?.id ?? 0)).status).toBe(200)
			const again = ["firing", "resolved", "firing"]
			await hears({ asks: again, refused: over, fails: again, had: over })
		})

		it("gives back what it took though it is ended on a replica whose clock says that it has not begun", async () => {
			await fire("skewed")
			await eventually(
				() => told("skewed"),
				(all) => all.includes("pagerduty 1 firing: skewed_level_1_round_1"),
			)
			const late = await startLate()
			const { id } = await opened({ matchers: "component=skewed" })
			await eventually(
				() => told("skewed"),
				(all) => all.some((one) => one.includes("resolved: skewed_level_1_round_1")),
			)
			const opening = await webhook.json<{ windows: { id: number; startsAt: string }[] }>("/api/maintenance")
			const startsAt = Date.parse(opening.windows.find((one) => one.id === id)?.startsAt ?? "")
			expect(Date.now() - startsAt).toBeLessThan(LATE_MS)
			expect((await late.api(`/api/maintenance/${id}/end`, { method: "POST" })).status).toBe(200)
			await late.stop()
			await eventually(
				() => kinds("skewed"),
				(all) => all.includes("resumed"),
				15_000,
			)
			await eventually(
				() => told("skewed"),
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
			expect(await incidentOf("effect")).toBeUndefined()
			expect(await incidentOf("theirs")).toBeUndefined()
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
				() => incidentOf("quiet"),
				(incident) => incident?.status === "resolved",
			)
			await end(id)
			await sleep(2_000)
			expect(await told("quiet")).toEqual([])
		})

		it("silences in an Alertmanager that was away and has lost its memory, once", async () => {
			const { port } = new URL(alertmanager.url)
			await alertmanager.stop()
			const { id } = await opened({ matchers: "component=away" })
			alertmanager = await startAlertmanager(configuration, Number(port))
			await eventually(
				() => states(id),
				(all) => all.length > 0,
				30_000,
			)
			await sleep(6_000)
			expect(await states(id)).toEqual(["active"])
		})

		it("begins later when asked to, and can be taken back before", async () => {
			await fire("later")
			await eventually(
				() => kinds("later"),
				(all) => all.filter((kind) => kind === "escalated").length === 2,
			)
			const { id } = await opened({ matchers: "component=later", startsAt: inMs(600_000) })
			expect(await states(id)).toEqual(["pending"])
			expect((await end(id)).status).toBe(200)
			expect(await states(id)).toEqual(["expired"])
			await sleep(1_000)
			expect(await kinds("later")).not.toContain("resumed")
		})

		it("never silences what the observatory itself has to tell", async () => {
			await opened({ matchers: 'severity="critical"' })
			await webhook.api("/api/control/stop", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ reason: "drill" }),
			})
			await eventually(
				async () => (await webhook.json<{ messages: { title: string }[] }>("/api/inbox?limit=200")).messages,
				(messages) => messages.some(({ title }) => title.includes("firing: emergency_stop")),
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
			const response = await open({ matchers: "component=refused", ...input })
			expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(problem)])
		})

		it("is written down: who opened and ended it, and that the chain is whole", async () => {
			const { entries } = await webhook.json<{ entries: { actor: string; action: string }[] }>(
				"/api/audit?target=maintenance:1",
			)
			expect(entries.map(({ actor, action }) => `${actor} ${action}`).reverse()).toEqual([
				"console token maintenance.open",
				"observatory maintenance.started",
				"console token maintenance.end",
				"observatory maintenance.ended",
			])
			expect(await webhook.json("/api/audit/verify")).toMatchObject({ whole: true })
		})
	},
)
