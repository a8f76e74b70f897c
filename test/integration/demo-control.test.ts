import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { type DemoProcess, startCapture, startDemoProcess } from "./demo-support.ts"

let webhook: TestWebhook
let capture: Awaited<ReturnType<typeof startCapture>>
let demo: DemoProcess
let pool: pg.Pool

/** alert-webhook has its own database and no rights in the demo's: only its control state can block the demo. */
beforeAll(async () => {
	const [own, monitored] = [
		await migratedDatabase(inject("postgresUrl")),
		await migratedDatabase(inject("postgresUrl")),
	]
	pool = new pg.Pool({ connectionString: monitored, max: 2 })
	const role = `unprivileged_${Math.random().toString(36).slice(2)}`
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

const sessions = async () => {
	const { rows } = await pool.query("select count(*)::int as n from observatory.claude_sessions")
	return Number(rows[0].n)
}
/** Calls of tools that started at this time or later. */
const calls = (since: number) =>
	capture.spans.filter(({ attributes, startedAt }) => attributes["rpc.service"] && startedAt >= since).length
const works = async () => {
	const from = { sessions: await sessions(), at: Date.now() }
	await eventually(async () => (await sessions()) > from.sessions && calls(from.at) > 0)
}
/** Waits until no call starts for 2.5 s. Spans arrive up to a second late, so their start times count. */
const rests = async () => {
	const watch = async () => {
		const from = { sessions: await sessions(), at: Date.now() }
		await sleep(2_500)
		const started = (await sessions()) - from.sessions
		await sleep(2_000)
		return { sessions: started, calls: calls(from.at) }
	}
	await eventually(watch, (seen) => seen.sessions === 0 && seen.calls === 0)
	expect(await watch()).toEqual({ sessions: 0, calls: 0 })
}

describe("the demo as an autonomous system that asks alert-webhook", () => {
	it("does nothing during a pause, though no row is paused, and continues after it", async () => {
		await works()
		await webhook.change("pause")
		await rests()
		await webhook.change("resume")
		await works()
	})

	it("ends all work when a stop is declared, and cannot release it", async () => {
		await webhook.change("stop")
		await rests()
		await eventually(
			() => pool.query("select from observatory.claude_sessions where status in ('initializing', 'running', 'paused')"),
			({ rows }) => rows.length === 0,
		)
		await expect(demo.call("POST", "/repair/stop")).rejects.toThrow(/409.*alert-webhook has declared/)
		await webhook.change("release")
		await works()
	})
})
