import { readFileSync } from "node:fs"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { installContract } from "../../core/db/contract/install.ts"
import { migrate } from "../../core/db/migrate.ts"
import { BOARDS } from "../../grafana/boards/index.ts"
import { RECENT_SESSIONS } from "../../grafana/boards/panels/sessions.ts"
import { panelsOf } from "../../grafana/kit/board.ts"
import { createDatabase } from "../support/postgres.ts"

const SESSIONS = `
insert into observatory.claude_sessions
	(id, source, status, model, started_at, ended_at, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd)
values
	('done', 'transcript', 'completed', 'claude-x', now() - interval '2 h', now() - interval '1 h', 10, 5, 100, 20, 0.25),
	('old', 'demo', 'failed', 'claude-x', now() - interval '9 d', now() - interval '8 d', 1, 1, 0, 0, 0.01),
	('old and alive', 'demo', 'running', null, now() - interval '3 d', null, 7, 0, 0, 0, 0)`

const reader = readFileSync(new URL("../../grafana/provisioning/reader.sql", import.meta.url), "utf8")
/** The owner of the database and the contract; not the superuser, which creates the reading role. */
let owner: pg.Pool
let grafana: pg.Client

beforeAll(async () => {
	const superuserUrl = await createDatabase(inject("postgresUrl"))
	const superuser = new pg.Pool({ connectionString: superuserUrl })
	const as = (role: string) => Object.assign(new URL(superuserUrl), { username: role }).href
	await superuser.query(`create role grafana_sql_owner login;
		alter database ${new URL(superuserUrl).pathname.slice(1)} owner to grafana_sql_owner`)
	owner = new pg.Pool({ connectionString: as("grafana_sql_owner") })
	await migrate(as("grafana_sql_owner"))
	await expect(superuser.query(reader)).rejects.toMatchObject({ hint: expect.stringContaining("exporters") })
	await installContract(owner)
	await owner.query(SESSIONS)
	await superuser.query(reader)
	await superuser.query(reader)
	await superuser.end()
	grafana = new pg.Client(as("observatory_grafana"))
	await grafana.connect()
})

afterAll(async () => {
	await grafana?.end()
	await owner?.end()
})

/** What Grafana makes of its macros, for a range of the last 24 hours. */
const expand = (sql: string) => sql.replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN now() - interval '24 h' AND now()")

describe("the panels' SQL", () => {
	it("runs with the rights of the reading role", async () => {
		const statements = BOARDS.flatMap((board) => panelsOf(board).flatMap((panel) => panel.sql))
		expect(statements.length).toBeGreaterThan(0)
		for (const sql of statements) expect((await grafana.query(expand(sql))).rows.length).toBeGreaterThan(0)
	})

	it("lists the sessions of the range and all unfinished ones, newest first", async () => {
		const { rows } = await grafana.query(expand(RECENT_SESSIONS))
		expect(rows.map((row) => row.Session)).toEqual(["done", "old and alive"])
		expect(rows[0]).toMatchObject({
			Status: "completed",
			Source: "transcript",
			Model: "x",
			Tokens: "15",
			Cached: "120",
		})
		expect(Number(rows[0].Duration)).toBe(3600)
		expect(Number(rows[1].Duration)).toBeGreaterThan(3 * 86_400 - 60)
	})
})

describe("the reading role", () => {
	it("reads the contract only", async () => {
		await expect(grafana.query("select * from observatory.claude_sessions")).rejects.toThrow(/permission denied/)
	})

	it("may read a later view of the contract's owner", async () => {
		await owner.query("create view contract.later as select 1 as one")
		expect((await grafana.query("select one from contract.later")).rows).toEqual([{ one: 1 }])
	})

	it("changes nothing", async () => {
		await expect(grafana.query("update contract.sessions set status = 'failed'")).rejects.toThrow(
			/permission denied|read-only/,
		)
	})
})
