import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { json } from "node:stream/consumers"
import pg from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
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
	const env = { BRAKES_CONFIG: file("brakes.yaml", JSON.stringify({ brakes })) }
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
