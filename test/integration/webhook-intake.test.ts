import { randomBytes } from "node:crypto"
import fc from "fast-check"
import pg from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
let replica: TestWebhook
let client: pg.Client

beforeAll(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	;[webhook, replica] = await Promise.all([startTestWebhook(url), startTestWebhook(url)])
	client = new pg.Client(url)
	await client.connect()
})
afterAll(async () => {
	await client?.end()
	await Promise.all([webhook?.stop(), replica?.stop()])
})
beforeEach(async () => {
	await client.query("truncate observatory.incidents, observatory.inbox, observatory.pages cascade")
})

type Row = Record<string, unknown>
const incidents = async () =>
	(
		await client.query<Row>(
			"select alertname, status, starts_at, ends_at from observatory.incidents order by starts_at",
		)
	).rows
const kinds = async () =>
	(await client.query<{ kind: string }>("select kind from observatory.incident_timeline order by id")).rows.map(
		(row) => row.kind,
	)
const inbox = async () => (await client.query<Row>("select * from observatory.inbox order by id")).rows

describe("the intake", () => {
	it("makes an incident of a firing alert, with its timeline, and takes year 1 as no end", async () => {
		const response = await webhook.notify({})
		expect(response.status).toBe(200)
		expect(await incidents()).toMatchObject([{ alertname: "database_down", status: "firing", ends_at: null }])
		expect(await kinds()).toEqual(["fired", "received"])
	})

	it("does nothing when it gets the same again, also by two Alertmanagers to two replicas at once", async () => {
		const body = notification([alert(), alert({ fingerprint: "b", name: "review_backlog", severity: "warning" })])
		const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? webhook : replica).deliver(body)))
		expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 200))
		expect(await incidents()).toHaveLength(2)
		expect(await kinds()).toEqual(["fired", "received", "fired", "received"])
	})

	it("resolves an incident once, and a late firing does not open it again", async () => {
		await webhook.notify({})
		await webhook.deliver(notification([alert({ status: "resolved" })], { status: "resolved" }))
		await webhook.deliver(notification([alert({ status: "resolved" })], { status: "resolved" }))
		await webhook.notify({})
		expect(await incidents()).toMatchObject([{ status: "resolved", ends_at: new Date("2026-11-23T08:10:00Z") }])
		expect(await kinds()).toEqual(["fired", "received", "resolved"])
	})

	it("keeps an incident that was resolved before it was ever reported as firing", async () => {
		await webhook.deliver(notification([alert({ status: "resolved" })], { status: "resolved" }))
		await webhook.notify({})
		expect(await incidents()).toMatchObject([{ status: "resolved" }])
		expect(await kinds()).toEqual(["fired", "received", "resolved"])
	})

	it("opens a second incident when the alert fires again later, and resolves the first that was not resolved", async () => {
		await webhook.notify({})
		await webhook.notify({ startsAt: "2026-11-23T09:00:00Z" })
		expect(await incidents()).toMatchObject([{ status: "resolved" }, { status: "firing" }])
		await webhook.notify({})
		expect(await incidents()).toMatchObject([{ status: "resolved" }, { status: "firing" }])
	})

	it("leaves one open of an alert whose two starts two replicas learn of at the same moment", async () => {
		const starting = (i: number, hour: string) =>
			notification([alert({ fingerprint: `twice-${i}`, startsAt: `2026-11-23T${hour}:00:00Z` })])
		const alerts = Array.from({ length: 30 }, (_, i) => i)
		for (const i of alerts) await Promise.all([webhook.deliver(starting(i, "08")), replica.deliver(starting(i, "09"))])
		const open = async () => (await incidents()).filter((row) => row.status === "firing")
		const left = await eventually(open, (rows) => rows.length === alerts.length)
		expect(left.every((row) => String(row.starts_at) === String(new Date("2026-11-23T09:00:00Z")))).toBe(true)
	})

	it("ends an instance as soon as a newer one starts, which a wrong clock put into the future", async () => {
		await webhook.notify({ startsAt: "2026-11-23T08:00:00Z" })
		const startsAt = new Date(Date.now() + 1_000)
		await webhook.notify({ startsAt: startsAt.toISOString() })
		await eventually(incidents, (rows) => rows.map(({ status }) => status).join() === "resolved,firing")
		expect((await incidents())[0]?.ends_at).toEqual(startsAt)
	})

	it("opens an alert that fires after an instance that a wrong clock let begin in the future", async () => {
		const tomorrow = (hours: number) => new Date(Date.now() + (24 + hours) * 3_600_000).toISOString()
		const future = { startsAt: tomorrow(0), endsAt: tomorrow(1) }
		await webhook.notify(future)
		await webhook.notify({ ...future, status: "resolved" })
		await webhook.notify({ startsAt: new Date().toISOString() })
		expect((await incidents()).map((row) => row.status)).toEqual(["firing", "resolved"])
	})

	it("ends an instance whose start two Prometheus servers reported differently", async () => {
		await webhook.notify({ startsAt: "2026-11-23T08:00:05Z" })
		await webhook.notify({ startsAt: "2026-11-23T08:00:00Z" })
		await webhook.notify({ startsAt: "2026-11-23T08:00:00Z", status: "resolved" })
		expect((await incidents()).map((row) => row.status)).toEqual(["resolved", "resolved"])
	})

	it("keeps when a heartbeat last came instead of making an incident of it, and takes its own pages back silently", async () => {
		const beat = alert({ name: "watchdog", fingerprint: "w", labels: { heartbeat: "true" } })
		const page = alert({ name: "database_down", fingerprint: "n", labels: { observatory_page: "escalation" } })
		expect((await webhook.deliver(notification([beat, page]))).status).toBe(200)
		expect(await incidents()).toEqual([])
		const metrics = await webhook.metrics()
		const at = /observatory_heartbeat_last_received_timestamp_seconds\{alertname="watchdog"\} (\S+)/.exec(metrics)?.[1]
		expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60)
	})

	it("stores the valid alerts of a notification and keeps the invalid ones where people see them", async () => {
		const response = await webhook.deliver(
			notification([{ labels: "none" }, alert(), { ...alert({ fingerprint: "b" }), startsAt: "yesterday" }, null]),
		)
		expect(response.status).toBe(200)
		expect(await incidents()).toHaveLength(1)
		const kept = await inbox()
		expect(kept).toMatchObject([
			{
				channel: "unreadable",
				title: "3 alerts in a notification for observatory cannot be read",
				body: { count: 3, examples: [{}, { raw: expect.stringContaining("yesterday") }, {}] },
			},
		])
		await webhook.deliver(notification([{ labels: "none" }]))
		await webhook.deliver(notification([{ labels: "none" }]))
		expect((await inbox()).map(({ title }) => title)).toEqual([
			"3 alerts in a notification for observatory cannot be read",
			"An alert in a notification for observatory cannot be read",
		])
	})

	it("stores text that PostgreSQL cannot hold with replacement characters", async () => {
		const odd = alert({ labels: { weird: "a\u0000b\uD800c" }, annotations: { summary: "\u0000" } })
		expect((await webhook.deliver(notification([odd]))).status).toBe(200)
		expect(await incidents()).toHaveLength(1)
	})

	it.each([
		["too long to be shown whole", (pad: string) => ({ note: `${pad}${"😀".repeat(40_000)}` })],
		["wrong in a label with a long name", (pad: string) => ({ ...alert(), labels: { [pad + "😀".repeat(900)]: 1 } })],
	])("keeps an invalid alert that is %s, wherever it is cut, and the valid ones beside it", async (_, invalid) => {
		for (const pad of ["", "a"]) {
			const valid = alert({ fingerprint: `beside-${pad}` })
			expect((await webhook.deliver(notification([valid, invalid(pad)]))).status).toBe(200)
		}
		expect(await incidents()).toHaveLength(2)
		expect(await inbox()).toHaveLength(2)
	})

	it("keeps the alerts beside a heartbeat whose name is longer than an index can hold", async () => {
		const name = randomBytes(6_000).toString("base64")
		const heartbeat = alert({ fingerprint: "heartbeat", name, labels: { heartbeat: "true" } })
		expect((await webhook.deliver(notification([heartbeat, alert()]))).status).toBe(200)
		expect(await incidents()).toHaveLength(1)
	})

	it("stores a notification of five thousand alerts", async () => {
		const many = Array.from({ length: 5_000 }, (_, i) => alert({ fingerprint: `f${i}`, labels: { n: String(i) } }))
		expect((await webhook.deliver(notification(many))).status).toBe(200)
		expect(await incidents()).toHaveLength(5_000)
		await webhook.deliver(notification(many.map((one) => ({ ...one, status: "resolved" }))))
		expect((await incidents()).filter((row) => row.status === "firing")).toHaveLength(0)
	})

	it.each([
		["what is not JSON", "{nope", 400],
		["version 3", notification([alert()], { version: "3" }), 400],
		["a list", [alert()], 400],
		["a body without alerts", { version: "4", status: "firing" }, 400],
		["10 MB", JSON.stringify(notification([alert({ labels: { padding: "x".repeat(10 * 1024 * 1024) } })])), 413],
		["JSON nested a hundred thousand deep", "[".repeat(100_000) + "]".repeat(100_000), 400],
	])("refuses %s", async (_, body, status) => {
		const response = await webhook.deliver(body)
		expect(response.status).toBe(status)
		expect(await response.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
		expect(await incidents()).toEqual([])
		if (status === 400) expect(await inbox()).toMatchObject([{ channel: "unreadable" }])
	})

	it("survives an alert that is nested too deeply to be written out again", async () => {
		const deep = "[".repeat(50_000) + "]".repeat(50_000)
		const body = JSON.stringify(notification([alert(), "DEEP"])).replace('"DEEP"', deep)
		expect((await webhook.deliver(body)).status).toBe(200)
		expect(await incidents()).toHaveLength(1)
	})

	it.each(["", "wrong", `${"x".repeat(40)}`])("refuses the token %j and stores nothing", async (token) => {
		expect((await webhook.deliver(notification([alert()]), { token })).status).toBe(401)
		expect(await incidents()).toEqual([])
	})

	it("counts what became of notifications and alerts, and never loses a valid one, whatever is beside it", async () => {
		const anything = fc.oneof(fc.jsonValue(), fc.record({ ...mapValues(alert(), () => fc.jsonValue()) }))
		let number = 0
		await fc.assert(
			fc.asyncProperty(fc.array(anything, { maxLength: 5 }), fc.nat(5), async (junk, at) => {
				const valid = alert({ fingerprint: `valid-${number++}` })
				const mixed = [...junk]
				mixed.splice(at, 0, valid)
				expect((await webhook.deliver(notification(mixed))).status).toBe(200)
				const { rows } = await client.query("select 1 from observatory.incidents where fingerprint = $1", [
					valid.fingerprint,
				])
				expect(rows).toHaveLength(1)
			}),
			{ numRuns: 60 },
		)
		const metrics = await webhook.metrics()
		expect(metrics).toMatch(/observatory_notifications_received_total\{result="accepted"\} [1-9]/)
		expect(metrics).toMatch(/observatory_notifications_received_total\{result="too_large"\} 1\b/)
		expect(metrics).toMatch(/observatory_notifications_received_total\{result="unauthorized"\} 3\b/)
		expect(metrics).toMatch(/observatory_alerts_received_total\{status="firing",result="malformed"\} [1-9]/)
		expect(metrics).toMatch(/observatory_incidents_open\{severity="critical"\} [1-9]/)
	})
})

describe("the inbox", () => {
	it("keeps a notification of a channel that is not configured once, until a person has read it", async () => {
		const body = notification([alert()], { receiver: "slack-critical" })
		for (let i = 0; i < 3; i++)
			expect((await webhook.deliver(body, { path: "/api/inbox/slack-critical" })).status).toBe(200)
		const { messages, unread } = await webhook.inbox({ channel: "slack-critical" })
		expect(unread).toBe(1)
		expect(messages).toMatchObject([{ channel: "slack-critical", title: "1 firing: database_down", readAt: null }])
		await webhook.post(`/api/inbox/${messages[0]?.id}/read`)
		expect(await webhook.inbox({ unread: "true" })).toMatchObject({ messages: [], unread: 0 })
	})

	it("has no channel with a name that could not be one", async () => {
		expect((await webhook.deliver(notification([alert()]), { path: "/api/inbox/..%2f" })).status).toBe(404)
	})
})

const mapValues = <V, W>(object: Record<string, V>, change: (value: V) => W): Record<string, W> =>
	Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
