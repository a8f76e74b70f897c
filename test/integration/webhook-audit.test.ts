import { execFile } from "node:child_process"
import { promisify } from "node:util"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { appendAudit } from "../../alert-webhook/store/audit/append.ts"
import { verifyAudit } from "../../alert-webhook/store/audit/verify.ts"
import { createDatabase as connect, createPool } from "../../core/db/client.ts"
import { createDatabase } from "../support/postgres.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let url: string
let webhook: TestWebhook
let client: pg.Client
let pool: pg.Pool

beforeAll(async () => {
	url = await createDatabase(inject("postgresUrl"))
	webhook = await startTestWebhook(url)
	client = new pg.Client(url)
	await client.connect()
	pool = createPool(url, { applicationName: "test", max: 20 })
})
afterAll(async () => {
	await client?.end()
	await pool?.end()
	await webhook?.stop()
})

const append = (n: number, details: Record<string, unknown> = {}) =>
	connect(pool).transaction((tx) =>
		appendAudit(tx, {
			by: { actor: `actor ${n}`, address: null },
			action: "test",
			target: "t",
			details,
			at: new Date(),
		}),
	)
const command = async (...args: string[]) => {
	try {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			["--import", "tsx", "alert-webhook/store/audit/main.ts", ...args],
			{
				env: { ...process.env, DATABASE_URL: url },
			},
		)
		return { code: 0, stdout }
	} catch (error) {
		const { code, stdout } = error as { code: number; stdout: string }
		return { code, stdout }
	}
}

describe("the audit log", () => {
	it("has who, what, target, address and time of an acknowledgement, and shows them to administrators", async () => {
		await webhook.notify({})
		await webhook.acknowledge(1)
		await webhook.acknowledge(1)
		expect(await webhook.audit({ action: "incident.acknowledge" })).toMatchObject([
			{ actor: "console token", target: "incident:1", address: expect.stringContaining("127.0.0.1") },
		])
	})

	it("stays one chain without gaps when many write at once, and one of them fails", async () => {
		const writers = Array.from({ length: 40 }, (_, n) =>
			append(n, { odd: "a\u0000\uD800", n: n / 3, big: 1e21, deep: { z: 1, a: 2 } }),
		)
		const failing = connect(pool).transaction(async (tx) => {
			await appendAudit(tx, { by: { actor: "x", address: null }, action: "x", target: "x", at: new Date() })
			throw new Error("rolled back")
		})
		await expect(failing).rejects.toThrow("rolled back")
		await Promise.all(writers)
		expect(await verifyAudit({ db: connect(pool) })).toMatchObject({ whole: true, end: { seq: 41 } })
	})

	it.each([
		"update observatory.audit_logs set actor = 'x'",
		"delete from observatory.audit_logs",
		"truncate observatory.audit_logs",
	])("is append-only: the database refuses %s, even to a superuser", async (statement) => {
		await expect(client.query(statement)).rejects.toThrow(/append-only/)
	})

	it("is exported as lines of JSON by command and by API", async () => {
		const { stdout } = await command("export")
		const rows = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line))
		expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, i) => i + 1))
		expect(await webhook.page("/api/audit/export")).toBe(stdout)
	})

	it("verifies whole by command, and names the first broken link after a change that bypassed the triggers", async () => {
		const whole = await command("verify")
		expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining("41 entries") })
		const end = whole.stdout.trim().split(" ").at(-1) ?? ""

		const tamper = async (statement: string) => {
			await client.query("alter table observatory.audit_logs disable trigger all")
			await client.query(statement)
			await client.query("alter table observatory.audit_logs enable always trigger audit_logs_append_only")
		}
		await tamper("delete from observatory.audit_logs where seq = 41")
		expect(await command("verify")).toMatchObject({
			code: 1,
			stdout: expect.stringContaining("entries 41 to 41 are missing"),
		})
		await tamper(
			"update observatory.audit_head set seq = 40, hash = (select hash from observatory.audit_logs where seq = 40)",
		)
		expect(await command("verify")).toMatchObject({ code: 0 })
		expect(await command("verify", end)).toMatchObject({
			code: 1,
			stdout: expect.stringContaining("41 to 41 are missing"),
		})
		await tamper("update observatory.audit_logs set actor = 'Eve' where seq = 7")
		expect(await command("verify")).toMatchObject({ code: 1, stdout: expect.stringContaining("entry 7 was changed") })
		await tamper("delete from observatory.audit_logs where seq = 5")
		expect(await command("verify")).toMatchObject({ code: 1, stdout: expect.stringContaining("entry 5 is missing") })
	})
})
