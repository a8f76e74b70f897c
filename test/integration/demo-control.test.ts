import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { migrate } from "../../core/db/migrate.ts"
import { createDatabase } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { type DemoProcess, startCapture, startDemoProcess } from "./demo-support.ts"

let webhook: TestWebhook
let capture: Awaited<ReturnType<typeof startCapture>>
let demo: DemoProcess
let pool: pg.Pool

/** The receiver keeps its own database, and may do nothing in the demo's: only what it says can hold the demo. */
beforeAll(async () => {
	const [own, monitored] = [await createDatabase(inject("postgresUrl")), await createDatabase(inject("postgresUrl"))]
	await migrate(monitored)
	pool = new pg.Pool({ connectionString: monitored, max: 2 })
	const role = `nobody_${Math.random().toString(36).slice(2)}`
	await pool.query(`create role ${role} login`)
	const reader = new URL(monitored)
	reader.username = role
	webhook = await startTestWebhook(own, { env: { SOURCE_DATABASE_URL: reader.href } })
	capture = await startCapture()
	demo = await startDemoProcess({
		DATABASE_URL: monitored,
		OTEL_EXPORTER_OTLP_ENDPOINT: capture.url,
		WEBHOOK_URL: webhook.url,
	})
})
afterAll(async () => {
	await demo?.remove()
	await webhook?.stop()
	await pool?.end()
	await capture?.close()
})

const change = async (verb: string) => {
	const headers = { "content-type": "application/json" }
	const response = await webhook.api(`/api/control/${verb}`, { method: "POST", headers, body: '{"reason":"test"}' })
	expect(response.status).toBe(200)
}
/** Every session, and every call of a tool. */
const done = async () => {
	const { rows } = await pool.query("select count(*)::int as n from observatory.claude_sessions")
	return {
		sessions: Number(rows[0].n),
		calls: capture.spans.filter(({ attributes }) => attributes["rpc.service"]).length,
	}
}
const works = async () => {
	const from = await done()
	await eventually(done, ({ sessions, calls }) => sessions > from.sessions && calls > from.calls)
}
const stands = async () => {
	await eventually(async () => {
		const from = await done()
		await sleep(2_500)
		return JSON.stringify(await done()) === JSON.stringify(from)
	})
	const from = await done()
	await sleep(2_500)
	expect(await done()).toEqual(from)
}

describe("the demo as an autonomous system that asks alert-webhook", () => {
	it("does nothing while a pause stands, though no row says so, and goes on after it", async () => {
		await works()
		await change("pause")
		await stands()
		await change("resume")
		await works()
	})

	it("ends everything when a stop is declared, and cannot lift it by itself", async () => {
		await change("stop")
		await stands()
		await eventually(
			() => pool.query("select from observatory.claude_sessions where status in ('initializing', 'running', 'paused')"),
			({ rows }) => rows.length === 0,
		)
		await expect(demo.call("POST", "/repair/stop")).rejects.toThrow(/409.*alert-webhook has declared/)
		await change("release")
		await works()
	})
})
