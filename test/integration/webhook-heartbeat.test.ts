import pg from "pg"
import { afterEach, beforeEach, expect, inject, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const MINUTE = 60_000
let client: pg.Client
let webhook: TestWebhook
const clock = manualClock(Date.now())

beforeEach(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	webhook = await startTestWebhook(url, { clock, env: { HEARTBEAT_LOST_AFTER: "5m" } })
	client = new pg.Client(url)
	await client.connect()
})
afterEach(async () => {
	await client.end()
	await webhook.stop()
})

const pages = async () =>
	(
		await client.query(
			"select kind, ended_at is not null as ended, labels->>'severity' as severity, annotations->>'outcome' as outcome from observatory.pages",
		)
	).rows
const heartbeat = () => webhook.notify({ name: "watchdog", labels: { heartbeat: "true" } })

it("a heartbeat that is missing is paged once, and the page ends with the next one", async () => {
	await heartbeat()
	clock.advance(4 * MINUTE)
	await heartbeat()
	clock.advance(4 * MINUTE)
	expect(await pages()).toEqual([])
	clock.advance(2 * MINUTE)
	await eventually(
		() => pages(),
		(rows) => rows.length === 1,
	)
	expect(await pages()).toEqual([{ kind: "heartbeat_lost", ended: false, severity: "critical", outcome: null }])
	clock.advance(60 * MINUTE)
	await heartbeat()
	await eventually(
		() => pages(),
		([page]) => page.ended,
	)
	expect(await pages()).toMatchObject([{ ended: true, outcome: "The heartbeat arrives again." }])
})
