import { readFileSync } from "node:fs"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { BOARDS } from "../../grafana/boards/index.ts"
import { RECENT_SESSIONS } from "../../grafana/boards/panels/sessions.ts"
import { panelsOf } from "../../grafana/kit/board.ts"
import { createDatabase } from "../support/postgres.ts"

/** The contract view's columns, over a table of the test's own. */
const CONTRACT = `
create schema contract;
create table sessions (
	id text, source text, status text, model text, started_at timestamptz, ended_at timestamptz,
	input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_creation_tokens bigint,
	cost_usd numeric, updated_at timestamptz
);
create view contract.sessions as select * from sessions;
insert into sessions values
	('done', 'claude_sessions', 'completed', 'claude-x', now() - interval '2 h', now() - interval '1 h', 10, 5, 100, 20, 0.25, now()),
	('old', 'demo', 'failed', 'claude-x', now() - interval '9 d', now() - interval '8 d', 1, 1, 0, 0, 0.01, now()),
	('old and alive', 'demo', 'running', null, now() - interval '3 d', null, 7, 0, 0, 0, 0, now())`

const reader = readFileSync(new URL("../../grafana/provisioning/reader.sql", import.meta.url), "utf8")
let admin: pg.Client
let grafana: pg.Client

beforeAll(async () => {
	const url = new URL(await createDatabase(inject("postgresUrl")))
	admin = new pg.Client(url.href)
	await admin.connect()
	await admin.query(CONTRACT)
	await admin.query(reader)
	await admin.query(reader)
	url.username = "observatory_grafana"
	grafana = new pg.Client(url.href)
	await grafana.connect()
})

afterAll(async () => {
	await grafana?.end()
	await admin?.end()
})

/** What Grafana makes of its macros, for a range of the last 24 hours. */
const expand = (sql: string) => sql.replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN now() - interval '24 h' AND now()")

describe("the panels' SQL", () => {
	it("runs, every statement of it, with the rights of the reading role alone", async () => {
		const statements = BOARDS.flatMap((board) => panelsOf(board).flatMap((panel) => panel.sql))
		expect(statements.length).toBeGreaterThan(0)
		for (const sql of statements) expect((await grafana.query(expand(sql))).rows.length).toBeGreaterThan(0)
	})

	it("lists the sessions of the range and those that have not ended, newest first", async () => {
		const { rows } = await grafana.query(expand(RECENT_SESSIONS))
		expect(rows.map((row) => row.Session)).toEqual(["done", "old and alive"])
		expect(rows[0]).toMatchObject({
			Status: "completed",
			Source: "claude_sessions",
			Tokens: "15",
			"Cache tokens": "120",
		})
		expect(Number(rows[0].Duration)).toBe(3600)
		expect(Number(rows[1].Duration)).toBeGreaterThan(3 * 86_400 - 60)
	})
})

describe("the reading role", () => {
	it("sees the contract and nothing behind it", async () => {
		await expect(grafana.query("select * from public.sessions")).rejects.toThrow(/permission denied/)
	})

	it("changes nothing", async () => {
		await expect(grafana.query("update contract.sessions set status = 'failed'")).rejects.toThrow(
			/permission denied|read-only/,
		)
	})
})
