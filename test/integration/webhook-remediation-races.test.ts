import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { createDatabase } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { alert, notification, startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
let client: pg.Client

beforeAll(async () => {
	const databaseUrl = await createDatabase(inject("postgresUrl"))
	client = new pg.Client(databaseUrl)
	await client.connect()
	const levers = path.join(mkdtempSync(path.join(tmpdir(), "observatory-races-")), "remediation.yaml")
	// Never pulled: nobody approves.
	writeFileSync(levers, JSON.stringify({ workers: { indexer: { http: { url: "http://127.0.0.1:9/" } } } }))
	webhook = await startTestWebhook(databaseUrl, { env: { REMEDIATION_CONFIG: levers } })
	const body = JSON.stringify({ action: "restartWorker", mode: "approve" })
	const headers = { "content-type": "application/json" }
	expect((await webhook.api("/api/remediation/policies", { method: "POST", headers, body })).status).toBe(200)
})
afterAll(async () => {
	await webhook?.stop()
	await client?.end()
})

describe("an alert that is over while its remediation is being decided", () => {
	it("leaves nothing that waits for a person", async () => {
		const labels = { remediation: "restartWorker", worker: "indexer" }
		const say = (status: "firing" | "resolved") => webhook.deliver(notification([alert({ labels, status })]))
		// The decision cannot be finished while somebody holds the end of the audit chain.
		await client.query("begin; select from observatory.audit_head for update")
		await say("firing")
		await eventually(
			() => client.query("select from pg_locks where not granted"),
			({ rows }) => rows.length > 0,
		)
		const over = say("resolved")
		await sleep(1_000)
		await client.query("commit")
		expect((await over).status).toBe(200)

		const { rows } = await eventually(
			() => client.query("select state from observatory.remediations"),
			(result) => result.rows.length > 0,
		)
		expect(rows).toEqual([{ state: "expired" }])
		const { rows: standing } = await client.query("select key from observatory.notices where ended_at is null")
		expect(standing).toEqual([])
	})
})
