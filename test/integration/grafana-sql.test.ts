import { readFileSync } from "node:fs"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { installContract } from "../../core/db/contract/install.ts"
import { migrate } from "../../core/db/migrate.ts"
import { BOARDS } from "../../grafana/boards/index.ts"
import { RECENT_SESSIONS } from "../../grafana/boards/panels/sessions.ts"
import { LOG_SEARCH, SPAN_SEARCH, TRACE_LOGS, TRACE_WATERFALL } from "../../grafana/boards/panels/stored-telemetry.ts"
import { panelsOf } from "../../grafana/kit/board.ts"
import { createDatabase } from "../support/postgres.ts"

const SESSIONS = `
insert into observatory.claude_sessions
	(id, source, status, model, started_at, ended_at, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd)
values
	('done', 'transcript', 'completed', 'claude-x', now() - interval '2 h', now() - interval '1 h', 10, 5, 100, 20, 0.25),
	('old', 'demo', 'failed', 'claude-x', now() - interval '9 d', now() - interval '8 d', 1, 1, 0, 0, 0.01),
	('old and alive', 'demo', 'running', null, now() - interval '3 d', null, 7, 0, 0, 0, 0);
insert into observatory.transcript_agents
	(run, agent, parent, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd)
values ('done', 'Explore', 'main', 4, 2, 50, 10, 0.1)`

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const TELEMETRY = `
create table observatory.spans_all partition of observatory.spans default;
create table observatory.log_records_all partition of observatory.log_records default;
insert into observatory.spans (started_at, trace_id, span_id, parent_span_id, name, kind, duration, failed, error, session, tool, server, attributes)
values
	(now() - interval '2 min', '\\x${TRACE}', '\\x01', null, 'interaction', 1, 4, false, null, 'one', null, null, '{}'),
	(now() - interval '119 s', '\\x${TRACE}', '\\x02', '\\x01', 'tool', 1, 2, false, null, 'one', 'Read', 'files', '{}'),
	(now() - interval '118 s', '\\x${TRACE}', '\\x03', '\\x02', 'call', 3, 1, true, 'no such file', 'one', 'Read', 'files', '{}'),
	(now() - interval '1 min', '\\xff', '\\x04', null, 'other', 1, 0.5, false, null, 'two', null, null, '{}');
insert into observatory.log_records (recorded_at, id, trace_id, span_id, severity, failed, event, body, session, attributes)
values
	(now() - interval '118 s', gen_random_uuid(), '\\x${TRACE}', '\\x03', 17, true, 'read', 'No such file', 'one', '{}'),
	(now() - interval '1 min', gen_random_uuid(), null, null, 9, false, 'start', null, 'two', '{}')`

const sqlOf = (file: string) => readFileSync(new URL(`../../grafana/provisioning/${file}`, import.meta.url), "utf8")
const reader = sqlOf("reader.sql")
const telemetryReader = sqlOf("telemetry-reader.sql")
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
	await owner.query(TELEMETRY)
	await superuser.query(reader)
	await superuser.query(reader)
	await superuser.query(telemetryReader)
	await superuser.query(telemetryReader)
	await superuser.end()
	grafana = new pg.Client(as("observatory_grafana"))
	await grafana.connect()
})

afterAll(async () => {
	await grafana?.end()
	await owner?.end()
})

/** What Grafana makes of its macros, for a range of the last 24 hours, and of fields. */
const expand = (sql: string, fields: Readonly<Record<string, string>> = {}) =>
	sql
		.replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN now() - interval '24 h' AND now()")
		.replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => `'${(fields[name] ?? "").replaceAll("'", "''")}'`)

describe("the panels' SQL", () => {
	it("runs with the rights of the reading role", async () => {
		const statements = BOARDS.flatMap((board) => panelsOf(board).flatMap((panel) => panel.sql))
		expect(statements.length).toBeGreaterThan(0)
		for (const sql of statements)
			expect((await grafana.query(expand(sql, { show: "all", trace: TRACE }))).rows.length).toBeGreaterThan(0)
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

describe("the statements of stored telemetry", () => {
	const spansOf = async (fields: Record<string, string>) => {
		const { rows } = await grafana.query(expand(SPAN_SEARCH, { show: "all", ...fields }))
		return rows.map((row) => row.Span)
	}
	const eventsOf = async (fields: Record<string, string>) => {
		const { rows } = await grafana.query(expand(LOG_SEARCH, { show: "all", ...fields }))
		return rows.map((row) => row.Event)
	}

	it("find spans by session, tool, server, duration and error, newest first", async () => {
		expect(await spansOf({})).toEqual(["other", "call", "tool", "interaction"])
		expect(await spansOf({ session: "two" })).toEqual(["other"])
		expect(await spansOf({ tool: "Read", server: "files" })).toEqual(["call", "tool"])
		expect(await spansOf({ slower: "2" })).toEqual(["tool", "interaction"])
		expect(await spansOf({ slower: "soon" })).toHaveLength(4)
		expect(await spansOf({ show: "errors" })).toEqual(["call"])
		expect(await spansOf({ session: "' OR true --" })).toEqual([])
	})

	it("draw a trace as a waterfall, each span below its parent", async () => {
		const { rows } = await grafana.query(expand(TRACE_WATERFALL, { trace: TRACE }))
		expect(rows.map((row) => [row.Span, row.Waterfall, Math.round(row.After), row.State])).toEqual([
			["interaction", "█".repeat(40), 0, ""],
			["· tool", `${"░".repeat(10)}${"█".repeat(20)}`, 1, ""],
			["· · call", `${"░".repeat(20)}${"█".repeat(10)}`, 2, "error"],
		])
		expect((await grafana.query(expand(TRACE_WATERFALL, { trace: "no id" }))).rows).toEqual([])
	})

	it("find log records by session, trace, text and severity, with the trace that they lead to", async () => {
		expect(await eventsOf({})).toEqual(["start", "read"])
		expect(await eventsOf({ session: "two" })).toEqual(["start"])
		expect(await eventsOf({ trace: TRACE })).toEqual(["read"])
		expect(await eventsOf({ text: "no SUCH" })).toEqual(["read"])
		expect(await eventsOf({ show: "errors" })).toEqual(["read"])
		const { rows } = await grafana.query(expand(TRACE_LOGS, { trace: TRACE }))
		expect(rows).toMatchObject([{ Level: "error", Message: "No such file", Trace: TRACE }])
	})
})

describe("the reading role", () => {
	it("reads the contract only", async () => {
		for (const table of ["claude_sessions", "spans", "log_records"])
			await expect(grafana.query(`select * from observatory.${table}`)).rejects.toThrow(/permission denied/)
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
