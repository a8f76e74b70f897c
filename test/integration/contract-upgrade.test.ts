import { readFileSync } from "node:fs"
import path from "node:path"
import pg from "pg"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool, databaseError } from "../../core/db/client.ts"
import { installContract, planContract } from "../../core/db/contract/install.ts"
import { readInstalled, readTables } from "../../core/db/contract/installed.ts"
import { markOf } from "../../core/db/contract/mark.ts"
import { contractScript } from "../../core/db/contract/render.ts"
import { usableBranches } from "../../core/db/contract/tables.ts"
import { columnsOf, VIEW_NAMES } from "../../core/db/contract/views.ts"
import { migrate } from "../../core/db/migrate.ts"
import { diagnoseSource } from "../../exporters/doctor/diagnose.ts"
import { readSource } from "../../exporters/doctor/facts.ts"
import { EVALS_TABLES } from "../support/contract-databases.ts"
import { createDatabase } from "../support/postgres.ts"

const FIXTURE = path.resolve(import.meta.dirname, "../fixtures/contract/0.1.0.sql")

/** How the previous release's `reviews` may differ: what it selects, in order. */
const FORMER_REVIEWS = {
	"lacks a column in the middle": "provider, seq, native_seq, improvement_seq, status, requested_at, decided_at",
	"has a column that was removed":
		"provider, seq, native_seq, improvement_seq, status, 1 as votes, reviewer, requested_at, decided_at",
	"has a column of another type":
		"provider, seq::text as seq, native_seq, improvement_seq, status, reviewer, requested_at, decided_at",
	"has a column under another name":
		"provider, seq, native_seq, improvement_seq, status as state, reviewer, requested_at, decided_at",
	"has its columns in another order":
		"decided_at, requested_at, reviewer, status, improvement_seq, native_seq, seq, provider",
}

/** A database as release 0.1.0 left it, with a role that may read the views. */
async function previousRelease(change = "") {
	const url = await createDatabase(inject("postgresUrl"))
	await migrate(url)
	const pool = createPool(url, { applicationName: "test", max: 10 })
	onTestFinished(() => pool.end())
	const run = (sql: string) => pool.query(sql)
	const reader = `reader_${Math.random().toString(36).slice(2)}`
	await run(EVALS_TABLES)
	await run(readFileSync(FIXTURE, "utf8"))
	await run(change)
	await run(`create role ${reader} login; grant usage on schema contract to ${reader};
		grant select on all tables in schema contract to ${reader}`)
	await run("insert into observatory.reviews (status, reviewer) values ('approved', 'Ada')")
	const asReader = async (sql: string) => {
		const address = new URL(url)
		address.username = reader
		const client = new pg.Client(address.href)
		await client.connect()
		return client.query(sql).finally(() => client.end())
	}
	return { url, pool, run, reader, asReader }
}

const formerReviews = (columns: string) => `
	drop view contract.reviews;
	create view contract.reviews as select ${columns} from (
		select 'own'::text as provider, seq, null::integer as native_seq, improvement_seq, status, reviewer, requested_at, decided_at
		from observatory.reviews) t`

describe("a contract of the previous release", () => {
	it.each(Object.entries(FORMER_REVIEWS))(
		"is upgraded when a view %s, and its readers keep their rights",
		async (_, columns) => {
			const { pool, asReader } = await previousRelease(formerReviews(columns))
			expect(await installContract(pool)).toBe(true)
			const { views } = await readInstalled(await lend(pool))
			for (const name of VIEW_NAMES)
				expect([...(views.get(name)?.columns.keys() ?? [])].sort(), name).toEqual(Object.keys(columnsOf(name)).sort())
			const { rows } = await asReader("select provider, seq, status, reviewer from contract.reviews")
			expect(rows).toEqual([{ provider: "own", seq: "1", status: "approved", reviewer: "Ada" }])
			await expect(asReader("delete from contract.reviews")).rejects.toMatchObject({ code: "42501" })
			expect(await installContract(pool)).toBe(false)
		},
	)

	it("keeps owner, rights of a single column, grant options, and rights that were revoked from a default", async () => {
		const { pool, run, reader } = await previousRelease(formerReviews(FORMER_REVIEWS["has a column of another type"]))
		const [owner, other] = [`${reader}_owner`, `${reader}_other`]
		await run(`create role ${owner}; create role ${other}; grant usage, create on schema contract to ${owner};
			alter view contract.reviews owner to ${owner};
			grant select (status) on contract.reviews to ${other}; grant update on contract.reviews to ${reader} with grant option;
			alter default privileges in schema contract grant select on tables to ${other}, public`)
		const rights = async () => {
			const view = (await readInstalled(await lend(pool))).views.get("reviews")
			return { owner: view?.owner, grants: view?.grants }
		}
		const before = await rights()
		expect(before.grants).toHaveLength(3)
		expect(await installContract(pool)).toBe(true)
		expect(await rights()).toEqual(before)
	})

	it("keeps the views of others that read one which only grows", async () => {
		const { pool, run } = await previousRelease(formerReviews(FORMER_REVIEWS["lacks a column in the middle"]))
		await run("create view public.daily as select status from contract.reviews")
		expect(await installContract(pool)).toBe(true)
		expect((await run("select status from daily")).rows).toEqual([{ status: "approved" }])
	})

	it("stays as it is when something of others depends on a view that has to be made again, which is named", async () => {
		const { pool, run } = await previousRelease(formerReviews(FORMER_REVIEWS["has a column of another type"]))
		await run(`create view public.daily as select status from contract.reviews;
			create materialized view public.monthly as select seq from contract.reviews;
			create function public.latest() returns setof contract.reviews language sql as 'select * from contract.reviews'`)
		const before = await readInstalled(await lend(pool))
		await expect(installContract(pool)).rejects.toMatchObject({
			code: "conflict",
			message: expect.stringMatching(
				/function latest\(\) depends on contract.reviews.*materialized view monthly.*view daily/,
			),
			advice: expect.stringContaining("drop it"),
		})
		expect(await readInstalled(await lend(pool))).toEqual(before)
		expect(diagnoseSource(await readSource(await lend(pool)))).toContainEqual(
			expect.objectContaining({ state: "missing", text: expect.stringContaining("view daily") }),
		)
		await run("drop view daily; drop materialized view monthly; drop function latest()")
		expect(await installContract(pool)).toBe(true)
	})

	it("is upgraded once by several replicas, while readers read", async () => {
		const { pool, asReader } = await previousRelease(formerReviews(FORMER_REVIEWS["has a column that was removed"]))
		let reading = true
		const failures: unknown[] = []
		const readers = [1, 2, 3].map(async () => {
			while (reading) await asReader("select status, reviewer from contract.reviews").catch((e) => failures.push(e))
		})
		const upgraded = await Promise.all([1, 2, 3, 4].map(() => installContract(pool)))
		reading = false
		await Promise.all(readers)
		expect(upgraded.filter(Boolean)).toHaveLength(1)
		expect(failures).toEqual([])
	})

	it("waits for a reader a few seconds only, and says that it can be retried", async () => {
		const { pool } = await previousRelease(formerReviews(FORMER_REVIEWS["has a column that was removed"]))
		const reader = await lend(pool)
		await reader.query("begin; select from contract.reviews")
		await expect(installContract(pool)).rejects.toMatchObject({ code: "unavailable" })
		await reader.query("commit")
		expect(await installContract(pool)).toBe(true)
	})

	it("loses the views that the contract no longer has, and no others", async () => {
		const { pool, run } = await previousRelease(`
			create view contract.audits as select 1 as provider; create view contract.mine as select 1 as provider`)
		const client = await lend(pool)
		const branches = usableBranches(await readTables(client))
		await run(contractScript(branches, await readInstalled(client), ["audits"]).sql)
		const { views } = await readInstalled(client)
		expect([...views.keys()].sort()).toEqual([...VIEW_NAMES, "mine"].sort())
	})

	it("is made complete when a view is missing, and left alone when a later release made it", async () => {
		const { pool, run } = await previousRelease("drop view contract.events")
		expect(await installContract(pool)).toBe(true)
		await run("select from contract.events")
		await run(`comment on schema contract is '${markOf("0123456789abcdef", "99.0.0")}'`)
		await run("drop view contract.events")
		expect(await installContract(pool)).toBe(false)
		expect((await planContract(await lend(pool))).state).toBe("newer")
		await run(`comment on schema contract is '${markOf("0123456789abcdef", "0.0.9")}'`)
		expect(await installContract(pool)).toBe(true)
	})

	it("is what a table in the place of a view keeps from being upgraded", async () => {
		const { pool } = await previousRelease("drop view contract.events; create table contract.events (type text)")
		await expect(installContract(pool)).rejects.toMatchObject({
			code: "conflict",
			message: expect.stringContaining("contract.events is not a view"),
		})
	})
})

describe("an error of PostgreSQL about a view", () => {
	it.each([
		["create or replace view v as select 1 as b", "database_wrong_schema"],
		["drop table t", "conflict"],
		["alter table t alter column a type text", "conflict"],
		["create table v (a int)", "conflict"],
		["create or replace view t as select 1 as a", "conflict"],
	])("is explained, with advice: %s", async (sql, code) => {
		const client = new pg.Client(await createDatabase(inject("postgresUrl")))
		await client.connect()
		onTestFinished(() => client.end())
		await client.query("create table t (a int); create view v as select a from t")
		const error = await client.query(sql).catch((thrown: unknown) => databaseError(thrown, "Upgrading"))
		expect(error).toMatchObject({ code, advice: expect.any(String) })
	})
})

/** A connection until the end of the test. */
async function lend(pool: pg.Pool): Promise<pg.PoolClient> {
	const client = await pool.connect()
	onTestFinished(() => client.release())
	return client
}
