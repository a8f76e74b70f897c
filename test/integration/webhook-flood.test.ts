import pg from "pg"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { MOST_ALERTS } from "../../alert-webhook/domain/notification.ts"
import { alert, notification } from "../support/alert.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let databaseUrl: string
let webhook: TestWebhook

beforeAll(async () => {
	databaseUrl = await migratedDatabase(inject("postgresUrl"))
	webhook = await startTestWebhook(databaseUrl)
})
afterAll(() => webhook?.stop())

it("reads no more than a bounded number of alerts of one body, keeps one message, and counts the rest as left out", async () => {
	const response = await webhook.deliver(`{"version":"4","status":"firing","alerts":[${"{},".repeat(599_999)}{}]}`)
	expect(response.status).toBe(200)
	const { messages } = await webhook.inbox()
	expect(messages).toMatchObject([
		{
			title: `${MOST_ALERTS} alerts in a notification for an unnamed receiver cannot be read`,
			body: { count: MOST_ALERTS },
		},
	])
	const metrics = await webhook.metrics()
	expect(metrics).toContain(`observatory_alerts_received_total{status="firing",result="malformed"} ${MOST_ALERTS}`)
	expect(metrics).toContain(`observatory_alerts_truncated_total ${600_000 - MOST_ALERTS}`)
})

it("stores a critical alert that arrives behind large notifications before them", async () => {
	const large = (batch: number) =>
		notification(
			Array.from({ length: 5_000 }, (_, i) => alert({ name: `large_${batch}`, fingerprint: `${batch}-${i}` })),
			{ groupKey: `large ${batch}` },
		)
	const order: string[] = []
	const deliver = async (name: string, body: object) => {
		expect((await webhook.deliver(body)).status).toBe(200)
		order.push(name)
	}
	await Promise.all([
		deliver("large", large(1)),
		deliver("large", large(2)),
		deliver("large", large(3)),
		deliver("critical", notification([alert({ name: "database_down", fingerprint: "critical" })])),
	])
	expect(order.indexOf("critical")).toBeLessThan(3)
	expect(await webhook.incidentOf("database_down")).toBeDefined()
})

it("says that its database can only be read, and stops everything once it can be written", async () => {
	const client = new pg.Client(databaseUrl)
	client.on("error", () => undefined)
	await client.connect()
	const { rows } = await client.query("select current_database() as name")
	const name = client.escapeIdentifier(rows[0].name)
	const disconnect = `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()`
	await client.query(`alter database ${name} set default_transaction_read_only = on`)
	await client.query(disconnect)
	// The first answers may be about the connections that were just ended.
	const refused = await eventually(
		async () => {
			const response = await webhook.requestChange("stop")
			return { status: response.status, body: await response.json() }
		},
		({ body }) => JSON.stringify(body).includes("can only be read"),
	)
	expect(refused).toMatchObject({
		status: 503,
		body: { error: { advice: expect.stringContaining("primary") } },
	})
	await client.query("set default_transaction_read_only = off")
	await client.query(`alter database ${name} reset default_transaction_read_only`)
	await client.query(disconnect)
	await client.end()
	const stopped = await eventually(
		() => webhook.requestChange("stop"),
		({ status }) => status === 200,
	)
	expect(await stopped.json()).toMatchObject({ state: "stop" })
})
