import { readFileSync } from "node:fs"
import pg from "pg"
import { beforeAll, describe, expect, inject, it } from "vitest"
import { installContract } from "../../core/db/contract/install.ts"
import { migrate } from "../../core/db/migrate.ts"
import { shippedFile } from "../../core/lib/files.ts"
import { examinePrograms } from "../../exporters/doctor/security/roles.ts"
import {
	createPartitions,
	dropPartition,
	partitionStart,
	readPartitions,
} from "../../exporters/sources/otlp/store/partitions.ts"
import { alert, notification } from "../support/alert.ts"
import { testExporter } from "../support/exporter.ts"
import { createDatabase } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook } from "../support/webhook.ts"

const as = (url: string, role: string) => url.replace("postgres@", `observatory_${role}@`)
const ROLES = readFileSync(shippedFile("core/db/roles.sql"), "utf8")

async function statement(url: string, text: string): Promise<pg.QueryResult> {
	const client = new pg.Client(url)
	await client.connect()
	try {
		return await client.query(text)
	} finally {
		await client.end()
	}
}

/** Gives the programs roles of their own in a database that one role owns. */
async function separate(url: string): Promise<void> {
	const pool = new pg.Pool({ connectionString: url, max: 1 })
	await installContract(pool)
	await pool.query(ROLES)
	await pool.end()
}

const REFUSED = /permission denied|must be owner/

describe("the roles of our programs", () => {
	let url: string
	beforeAll(async () => {
		url = await migratedDatabase(inject("postgresUrl"))
		await statement(url, "insert into observatory.heartbeats (alertname, received_at) values ('kept', now())")
		// Of a webhook that owned its jobs with everything else.
		await statement(
			url,
			`select observatory_jobs.add_job('pages.send', '{}'::json, run_at := now() + interval '1 hour')`,
		)
		await separate(url)
		await separate(url)
	})

	it("let alert-webhook receive, work and stop, with what an earlier release stored", async () => {
		const webhook = await startTestWebhook(as(url, "webhook"))
		try {
			const answer = await webhook.deliver(notification([alert({ name: "roles", severity: "critical" })]))
			expect(answer.status).toBe(200)
			const client = new pg.Client(url)
			await client.connect()
			expect(await examinePrograms(client)).toEqual([
				{ severity: "ok", what: "alert-webhook uses role observatory_webhook, which owns none of our tables" },
			])
			await client.end()
			await webhook.change("stop")
			await webhook.change("release")
			expect((await webhook.post("/api/tokens", { name: "Ada", role: "viewer" })).status).toBeLessThan(300)
			const jobs = "select task_identifier as task, last_error as error from observatory_jobs.jobs"
			// The job of the earlier release is left for its time, and pages wait for an Alertmanager; the others are done.
			await eventually(
				async () => (await statement(url, jobs)).rows,
				(rows) => rows.length > 0 && rows.every(({ task }) => task === "pages.send"),
			)
			const heartbeats = await statement(as(url, "webhook"), "select alertname from observatory.heartbeats")
			expect(heartbeats.rows).toContainEqual({ alertname: "kept" })
			const audit = await statement(url, "select action from observatory.audit_logs where action like 'control.%'")
			expect(audit.rows.length).toBe(2)
		} finally {
			await webhook.stop()
		}
	})

	it("let the exporters count, keep their totals, and make and drop partitions", async () => {
		await statement(
			url,
			"insert into observatory.claude_sessions (id, source, status, started_at) values ('s', 'demo', 'running', now())",
		)
		const exporter = testExporter(as(url, "exporters"))
		const pool = new pg.Pool({ connectionString: as(url, "exporters"), max: 1 })
		try {
			await exporter.collect()
			const samples = await exporter.samples()
			expect(
				[...samples].filter(([name, value]) => /^autonomous_sessions_active\b/.test(name) && value === 1).length,
			).toBe(1)
			const failed = [...samples].filter(([name, value]) => /^observatory_collector_success/.test(name) && value === 0)
			expect(failed).toEqual([])
			const now = partitionStart(Date.now())
			await createPartitions(pool, "spans", [now, now])
			await createPartitions(pool, "log_records", [now])
			const [made] = (await readPartitions(pool)).filter(({ table, from }) => table === "spans" && from === now)
			expect(made?.name).toMatch(/^spans_\d{10}$/)
			if (made) expect([await dropPartition(pool, made), await dropPartition(pool, made)]).toEqual([true, false])
		} finally {
			await pool.end()
			await exporter.close()
		}
	})

	it.each([
		["webhook", "alter table observatory.audit_logs disable trigger all"],
		["webhook", "drop trigger audit_logs_append_only on observatory.audit_logs"],
		["webhook", "update observatory.audit_logs set action = 'x'"],
		["webhook", "delete from observatory.audit_head"],
		[
			"webhook",
			"insert into observatory.claude_sessions (id, source, status, started_at) values ('x', 'x', 'running', now())",
		],
		["webhook", "update observatory.claude_sessions set cost_usd = 0"],
		["webhook", "select from observatory.spans"],
		["webhook", "select from observatory.transcript_messages"],
		["webhook", "select observatory.drop_telemetry_partition('spans', 'x')"],
		["webhook", "create schema x"],
		["webhook", "create table observatory.x ()"],
		["exporters", "select from observatory.access_tokens"],
		["exporters", "select from observatory.control"],
		["exporters", "select from observatory.audit_logs"],
		["exporters", "insert into observatory.incidents default values"],
		["exporters", "select from observatory_jobs.jobs"],
		["exporters", "drop table observatory.spans"],
		["exporters", "select observatory.create_telemetry_partition('audit_logs', now(), now())"],
		["exporters", "select observatory.drop_telemetry_partition('incidents', 'x')"],
		["exporters", "create or replace view contract.sessions as select 1"],
		["exporters", "create table observatory.x ()"],
	])("let %s not %s", async (role, text) => {
		await expect(statement(as(url, role), text)).rejects.toThrow(
			text.includes("_partition('a") || text.includes("_partition('i") ? /is not a table of telemetry/ : REFUSED,
		)
	})

	it("cover each table: a new one is given to a program, or is for the system that is monitored", async () => {
		const { rows } = await statement(
			url,
			`select c.relname as name from pg_class c where c.relnamespace = 'observatory'::regnamespace
			and c.relkind in ('r', 'p') and not c.relispartition and not exists (
				select from aclexplode(c.relacl) a where a.grantee in ('observatory_webhook'::regrole, 'observatory_exporters'::regrole)
			) and not exists (
				select from pg_attribute a, aclexplode(a.attacl) g where a.attrelid = c.oid and g.grantee = 'observatory_webhook'::regrole
			) order by 1`,
		)
		const monitored = [
			"improvements",
			"insights",
			"mcp_calls",
			"outcomes",
			"recommendations",
			"reviews",
			"rollbacks",
			"violations",
		]
		expect(rows.map(({ name }) => name)).toEqual(monitored)
	})
})

describe("in a new database", () => {
	let url: string
	beforeAll(async () => {
		url = await createDatabase(inject("postgresUrl"))
		await migrate(url)
		await separate(url)
	})

	it("alert-webhook makes its jobs itself, without a right to make schemas", async () => {
		const webhook = await startTestWebhook(as(url, "webhook"))
		expect((await webhook.deliver(notification([alert({ name: "first" })]))).status).toBe(200)
		await webhook.stop()
	})

	it("the doctor finds a program that uses the owner's role", async () => {
		const program = new pg.Client({ connectionString: url, application_name: "mcp-observatory totals" })
		const client = new pg.Client(url)
		await Promise.all([program.connect(), client.connect()])
		const [found] = await examinePrograms(client)
		await Promise.all([program.end(), client.end()])
		expect(found).toMatchObject({
			severity: "medium",
			what: expect.stringMatching(/^exporters uses role postgres, which owns/),
		})
	})
})
