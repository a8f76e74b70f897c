import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { json } from "node:stream/consumers"
import pg from "pg"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
import { type LocalServer, serve } from "../support/local-server.ts"
import { createDatabase } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { ADMIN_KEY, limitOf, type SpendLimitsApi, startSpendLimitsApi } from "../support/spend-limits-api.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let api: SpendLimitsApi
let endpoint: LocalServer
let ownLimit: unknown = { tokens: 5 }
let databaseUrl: string
let client: pg.Client
let webhook: TestWebhook
const folder = mkdtempSync(path.join(tmpdir(), "observatory-brakes-"))
const file = (name: string, content: string) => {
	writeFileSync(path.join(folder, name), content)
	return path.join(folder, name)
}

/** A session that has to be terminated, since it ignores that it is asked. */
const READY = path.join(folder, "ready")
const AGENT = `#!/bin/sh\ntrap '' INT\necho $$ >> ${READY}\nwhile true; do sleep 0.05; done\n`
/** Its supervisor, which no stop may end. */
const SUPERVISOR = `while true; do ${path.join(folder, "agent")}; sleep 0.2; done`

beforeAll(async () => {
	api = await startSpendLimitsApi()
	endpoint = await serve(async (req, res) => {
		if (req.headers.authorization !== "Bearer own-token") return void res.writeHead(401).end()
		if (req.method === "PUT") ownLimit = ((await json(req)) as { limit: unknown }).limit
		res.end(JSON.stringify({ limit: ownLimit }))
	})
	databaseUrl = await createDatabase(inject("postgresUrl"))
	const brakes = {
		company: { spend_limits: { url: api.url, key_file: file("key", `${ADMIN_KEY}\n`) } },
		own: { http: { url: `${endpoint.url}/limit`, token_file: file("token", "own-token\n") } },
	}
	const processes = { programs: [file("agent", AGENT)] }
	chmodSync(path.join(folder, "agent"), 0o755)
	const env = { BRAKES_CONFIG: file("brakes.yaml", JSON.stringify({ brakes, processes })), GATE_HOST: "here" }
	webhook = await startTestWebhook(databaseUrl, { env })
	client = new pg.Client(databaseUrl)
	await client.connect()
})
afterAll(async () => {
	await webhook?.stop()
	await client?.end()
	await api?.close()
	await endpoint?.close()
})
beforeEach(() => {
	api.fault = undefined
	api.limits = [limitOf("100", "daily"), limitOf("50000")]
	ownLimit = { tokens: 5 }
})

const amount = () => api.limits.find(({ period }) => period === "monthly")?.amount
const rows = async () => (await client.query("select name, former, closed from observatory.brakes order by name")).rows

describe("the brakes at the model's side", () => {
	it.each([
		["an amount", [limitOf("100", "daily"), limitOf("50000")]],
		["explicitly no amount", [limitOf(null)]],
		["no limit at all", []],
		["zero already", [limitOf("0")]],
	])("are at zero during a stop, and exactly as before after its release: %s", async (_, before) => {
		api.limits = before
		expect(await webhook.change("stop")).toMatchObject({ state: "stop", pending: [] })
		expect(amount()).toBe("0")
		expect(ownLimit).toBe(0)
		// A second stop would read our own zero.
		await webhook.change("stop")
		expect(await webhook.change("release")).toMatchObject({ state: "run", pending: [] })
		const byPeriod = (limits: SpendLimitsApi["limits"]) =>
			limits.map(({ period, amount }) => `${period} ${amount}`).sort()
		expect(byPeriod(api.limits)).toEqual(byPeriod(before))
		expect(ownLimit).toEqual({ tokens: 5 })
		expect(await rows()).toEqual([])
	})

	it("are left alone by a pause", async () => {
		const changes = api.changes.length
		await webhook.change("pause")
		await webhook.change("resume")
		expect(api.changes.length).toBe(changes)
	})

	it.each([
		[401, /answered 401/],
		[409, /answered 409: .*another change is in progress/],
		[429, /answered 429: .*60 requests/],
		[500, /answered 500/],
		["slow", /no complete response within 3 s/],
		["lies", /accepted the change, and still shows \{"amount":"50000"\}/],
	] as const)(
		"do not delay the stop or each other when one fails (%s), which is named with the reason and retried",
		async (fault, reason) => {
			api.fault = fault
			const { state, pending } = await webhook.change("stop")
			expect(state).toBe("stop")
			expect(pending).toEqual([
				expect.stringMatching(/^The brake company \(the monthly spend limit of .*does not follow: /),
			])
			expect(pending[0]).toMatch(reason)
			expect(ownLimit).toBe(0)
			expect(await webhook.page("/response")).toContain("The brake company")
			api.fault = undefined
			expect((await webhook.change("stop")).pending).toEqual([])
			expect(amount()).toBe("0")
			// Those that arrive as any status does are not waited for once more.
			if (fault !== 401 && fault !== "lies") return void (await webhook.change("release"))
			api.fault = fault
			expect((await webhook.change("release")).pending).toEqual([expect.stringMatching(/^The brake company .*/)])
			expect(ownLimit).toEqual({ tokens: 5 })
			api.fault = undefined
			await eventually(amount, (now) => now === "50000")
			await eventually(rows, (left) => left.length === 0)
		},
	)

	it("are restored from what was stored before the change, though the process died right after it", async () => {
		api.limits = [limitOf("0")]
		ownLimit = 0
		const former = [
			["company", { amount: "777" }],
			["own", { amount: { tokens: 9 } }],
		]
		for (const [name, limit] of former)
			await client.query("insert into observatory.brakes (name, former) values ($1, $2)", [name, limit])
		await client.query("update observatory.control set state = 'stop', revision = revision + 1")
		expect((await webhook.change("stop")).pending).toEqual([])
		await webhook.change("release")
		expect(amount()).toBe("777")
		expect(ownLimit).toEqual({ tokens: 9 })
	})

	it("that are no longer configured are named with their former limit", async () => {
		await webhook.change("stop")
		await client.query(
			`insert into observatory.brakes (name, former, closed) values ('gone', '{"amount": "42"}', true)`,
		)
		const { pending } = await webhook.change("release")
		expect(pending).toEqual([expect.stringMatching(/^The brake gone is no longer in BRAKES_CONFIG.*"42"/)])
		await client.query("delete from observatory.brakes")
	})
})

describe.skipIf(process.platform !== "linux")("the sessions' processes of the host", () => {
	let supervisor: ChildProcess
	beforeEach(async () => {
		rmSync(READY, { force: true })
		supervisor = spawn("sh", ["-c", SUPERVISOR], { stdio: "ignore", detached: true })
		await eventually(() => existsSync(READY), Boolean)
	})
	afterEach(async () => {
		if (supervisor.pid !== undefined) process.kill(-supervisor.pid, "SIGKILL")
		await webhook.change("release").catch(() => undefined)
	})
	const ended = async () => (await webhook.audit()).filter(({ action }) => action === "processes.ended")
	const started = () => readFileSync(READY, "utf8").trim().split("\n")
	const signals = (signal: string) => webhook.sample(`observatory_stop_signals_total{signal="${signal}"}`)

	it("end with a stop, again when something starts them again, and run after its release", async () => {
		const { pending, processes } = await webhook.change("stop")
		expect(pending).toEqual([])
		expect(processes).toEqual([{ pid: expect.any(Number), program: path.join(folder, "agent") }])
		const [entry] = await eventually(ended, (entries) => entries.length > 0)
		expect(entry).toMatchObject({ target: "host here", details: { count: 1, signals: { SIGINT: 1, SIGKILL: 0 } } })
		expect(supervisor.exitCode).toBeNull()
		// The supervisor starts the next one only after the end of the one before.
		await eventually(started, (pids) => pids.length >= 3)
		await webhook.change("release")
		await eventually(
			() => signals("SIGINT"),
			(count) => count >= 2,
		)
		expect(await signals("SIGKILL")).toBe(0)
		expect(supervisor.exitCode).toBeNull()
	})

	it("are left alone by a pause", async () => {
		const before = (await ended()).length
		expect(await webhook.change("pause")).toMatchObject({ processes: [] })
		await webhook.change("resume")
		expect((await ended()).length).toBe(before)
	})
})
