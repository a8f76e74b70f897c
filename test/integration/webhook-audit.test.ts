import { execFile } from "node:child_process"
import { promisify } from "node:util"
import pg from "pg"
import pino from "pino"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { createMetrics } from "../../alert-webhook/metrics.ts"
import { appendAudit } from "../../alert-webhook/store/audit/append.ts"
import { verifyAudit } from "../../alert-webhook/store/audit/verify.ts"
import { watchAudit } from "../../alert-webhook/store/audit/watch.ts"
import { createDatabase as connect, createPool } from "../../core/db/client.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { program } from "../support/programs.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let url: string
let webhook: TestWebhook
let client: pg.Client
let pool: pg.Pool

beforeAll(async () => {
	url = await migratedDatabase(inject("postgresUrl"))
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
const command = (...args: string[]) => commandOn(url, "alert-webhook/store/audit/main.ts", ...args)
const commandOn = async (databaseUrl: string, main: string, ...args: string[]) => {
	try {
		const { stdout } = await promisify(execFile)(process.execPath, [...program(main), ...args], {
			env: { ...process.env, DATABASE_URL: databaseUrl },
		})
		return { code: 0, stdout }
	} catch (error) {
		const { code, stdout } = error as { code: number; stdout: string }
		return { code, stdout }
	}
}

/** A database of its own with two entries, and the periodic check of it. */
async function databaseWithAudit() {
	const databaseUrl = await migratedDatabase(inject("postgresUrl"))
	const own = createPool(databaseUrl, { applicationName: "test", max: 2 })
	const db = connect(own)
	const by = { actor: "Ada", address: null }
	const append = () =>
		db.transaction((tx) =>
			appendAudit(tx, { by, action: "test", target: "t", at: new Date(), details: { n: Math.random() } }),
		)
	await append()
	await append()
	const clock = manualClock()
	const telemetry = new MetricRegistry({ clock, log: silentLogger })
	const written: string[] = []
	const log = pino({ formatters: { level: (level) => ({ level }) } }, { write: (line) => void written.push(line) })
	const check = watchAudit({ db, clock, log, metrics: createMetrics(telemetry, "0") })
	const ownClient = new pg.Client(databaseUrl)
	await ownClient.connect()
	return {
		url: databaseUrl,
		clock,
		append,
		client: ownClient,
		lines: () => written.map((line): { level: string; end?: string; faults?: string[] } => JSON.parse(line)),
		async round() {
			await check()
			const text = await telemetry.exposeAll()
			const value = (series: string) =>
				Number(
					text
						.split("\n")
						.find((line) => line.startsWith(`${series} `))
						?.split(" ")[1],
				)
			return {
				entries: value("observatory_audit_entries"),
				chain: value('observatory_audit_faults{kind="chain"}'),
				triggers: value('observatory_audit_faults{kind="triggers"}'),
			}
		},
		async end() {
			await ownClient.end()
			await own.end()
		},
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

	describe("its guard", () => {
		const ROUNDS = [
			["a disabled trigger", "alter table observatory.audit_logs disable trigger audit_logs_append_only", "disabled"],
			[
				"one that replication passes",
				"alter table observatory.audit_logs enable trigger audit_logs_no_truncate",
				"disabled",
			],
			["a missing one", "drop trigger audit_logs_no_truncate on observatory.audit_logs", "missing"],
			[
				"one that does nothing",
				"create or replace function observatory.refuse_audit_change() returns trigger language plpgsql as 'begin return old; end'",
				"replaced",
			],
			[
				"one for some rows",
				"drop trigger audit_logs_append_only on observatory.audit_logs; create trigger audit_logs_append_only before update or delete on observatory.audit_logs for each row when (old.seq > 100) execute function observatory.refuse_audit_change(); alter table observatory.audit_logs enable always trigger audit_logs_append_only",
				"replaced",
			],
		] as const

		it.each(ROUNDS)("is noticed to lack its effect: %s", async (_, statement, word) => {
			const broken = await databaseWithAudit()
			try {
				expect(await broken.round()).toEqual({ entries: 2, chain: 0, triggers: 0 })
				await broken.client.query(statement)
				expect((await broken.round()).triggers).toBeGreaterThan(0)
				expect(broken.lines().at(-1)).toMatchObject({
					level: "error",
					faults: expect.arrayContaining([expect.stringContaining(word)]),
				})
				const said = await commandOn(broken.url, "alert-webhook/store/audit/main.ts", "verify")
				expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(`Warning: the trigger .* ${word}`) })
				// One is enough: both commands read the same.
				if (word !== "missing") return
				const doctor = await commandOn(broken.url, "exporters/doctor/main.ts")
				expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(`MISSING  the trigger .* ${word}`) })
			} finally {
				await broken.end()
			}
		})

		it("logs the head when it has changed, and notices that the chain was cut off, or rewritten, even with its head", async () => {
			const cut = await databaseWithAudit()
			try {
				const ends = () => cut.lines().flatMap(({ end }) => (end === undefined ? [] : [Number(end.split(":")[0])]))
				await cut.round()
				await cut.round()
				expect(ends()).toEqual([2])
				await cut.append()
				expect(await cut.round()).toEqual({ entries: 3, chain: 0, triggers: 0 })
				expect(ends()).toEqual([2, 3])
				cut.clock.advance(3_600_000)
				await cut.round()
				expect(ends()).toEqual([2, 3, 3])
				await cut.client.query("alter table observatory.audit_logs disable trigger all")
				await cut.client.query("delete from observatory.audit_logs where seq = 3")
				await cut.client.query(
					"update observatory.audit_head set seq = 2, hash = (select hash from observatory.audit_logs where seq = 2)",
				)
				for (const name of ["append_only", "no_truncate"])
					await cut.client.query(`alter table observatory.audit_logs enable always trigger audit_logs_${name}`)
				expect(await cut.round()).toEqual({ entries: 2, chain: 1, triggers: 0 })
				expect(cut.lines().at(-1)).toMatchObject({ level: "error", faults: ["entry 3 is missing"] })
				await cut.append()
				expect(await cut.round()).toMatchObject({ chain: 1 })
				expect(cut.lines().at(-1)).toMatchObject({ faults: ["entry 3 is not the one that was there"] })
			} finally {
				await cut.end()
			}
		})
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
