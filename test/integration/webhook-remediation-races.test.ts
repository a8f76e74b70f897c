import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
let client: pg.Client

beforeAll(async () => {
	const databaseUrl = await migratedDatabase(inject("postgresUrl"))
	client = new pg.Client(databaseUrl)
	await client.connect()
	const restarters = path.join(mkdtempSync(path.join(tmpdir(), "observatory-races-")), "remediation.yaml")
	// Never pulled: no one approves.
	const restarter = { http: { url: "http://127.0.0.1:9/" } }
	const babbler = { exec: [process.execPath, "-e", "process.stderr.write('no \\0 way \\ud83d'); process.exitCode = 1"] }
	writeFileSync(
		restarters,
		JSON.stringify({ workers: { indexer: restarter, crawler: restarter, planner: restarter, babbler } }),
	)
	webhook = await startTestWebhook(databaseUrl, { env: { REMEDIATION_CONFIG: restarters, VERIFY_EVERY: "1s" } })
	await webhook.setPolicy({ action: "restartWorker", mode: "approve" })
})
afterAll(async () => {
	await webhook?.stop()
	await client?.end()
})

/** Who waits for what our connection has locked. */
const waitsForUs = () =>
	client.query("select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))")

describe("an alert that is resolved while its remediation is being decided", () => {
	it("leaves nothing that waits for a person", async () => {
		const labels = { remediation: "restartWorker", worker: "indexer" }
		const say = (status: "firing" | "resolved") => webhook.notify({ labels, status })
		// The decision cannot be finished while another transaction locks the end of the audit chain.
		await client.query("begin; select from observatory.audit_head for update")
		await say("firing")
		await eventually(waitsForUs, ({ rows }) => rows.length > 0)
		const over = say("resolved")
		await sleep(1_000)
		await client.query("commit")
		expect((await over).status).toBe(200)

		const { rows } = await eventually(
			() => client.query("select state from observatory.remediations"),
			(result) => result.rows.length > 0,
		)
		expect(rows).toEqual([{ state: "expired" }])
		const { rows: openPages } = await client.query("select key from observatory.pages where ended_at is null")
		expect(openPages).toEqual([])
	})
})

describe("alerts that are resolved together while a person refuses what waits for one of them", () => {
	it("wait for the person, who is not blocked by their earlier decisions", async () => {
		const alerts = (status: "firing" | "resolved") =>
			notification(
				["crawler", "planner"].map((worker) =>
					alert({ fingerprint: worker, status, labels: { remediation: "restartWorker", worker } }),
				),
			)
		await webhook.deliver(alerts("firing"))
		const { rows } = await eventually(
			() => client.query("select id from observatory.remediations where state = 'awaiting_approval' order by id"),
			(result) => result.rows.length === 2,
		)
		// As a refusal does: the remediation first, then the end of the audit chain.
		await client.query("begin")
		await client.query("select from observatory.remediations where id = $1 for update", [rows[1].id])
		const over = webhook.deliver(alerts("resolved"))
		await eventually(waitsForUs, (result) => result.rows.length > 0)
		await client.query("select from observatory.audit_head for update nowait")
		await client.query("commit")
		expect((await over).status).toBe(200)
		const states = await client.query("select state from observatory.remediations where id = any($1)", [
			rows.map(({ id }) => id),
		])
		expect(states.rows).toEqual([{ state: "expired" }, { state: "expired" }])
	})
})

describe("a remediation whose program fails with words that PostgreSQL cannot hold", () => {
	it("has failed at once, for that reason", async () => {
		const labels = { remediation: "restartWorker", worker: "babbler" }
		await webhook.notify({ fingerprint: "babbler", labels })
		const row = () => client.query("select id, state, reason from observatory.remediations where target = 'babbler'")
		const { rows } = await eventually(row, (result) => result.rows.length > 0)
		expect((await webhook.approve(rows[0].id)).status).toBe(200)
		const failed = await eventually(row, (result) => result.rows[0].state === "failed")
		expect(failed.rows[0].reason).toMatch(/^it could not run: .* failed: no \uFFFD way \uFFFD/)
	})
})

describe("an emergency stop that is needed while another one is still being verified", () => {
	const state = async (id: number) =>
		(await client.query("select state, reason from observatory.remediations where incident_id = $1", [id])).rows[0]
	const fire = async (fingerprint: string) => {
		await webhook.notify({ fingerprint, labels: { remediation: "emergencyStop" } })
		const { rows } = await client.query("select id from observatory.incidents where fingerprint = $1", [fingerprint])
		return rows[0].id as number
	}

	it("waits for it and is done, and neither depends on Prometheus", async () => {
		await webhook.setPolicy({ action: "emergencyStop", mode: "auto" })
		const first = await fire("first")
		const done = await eventually(
			() => state(first),
			(row) => row?.state === "succeeded",
		)
		expect(done.reason).toMatch(/^whether the alert's condition is still met is not known/)
		await webhook.change("release")
		await client.query("update observatory.remediations set state = 'verifying' where incident_id = $1", [first])
		const second = await fire("second")
		await sleep(3_000)
		expect(await state(second)).toBeUndefined()
		await client.query("update observatory.remediations set state = 'failed' where incident_id = $1", [first])
		await eventually(
			() => state(second),
			(row) => row?.state === "succeeded",
		)
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})
})
