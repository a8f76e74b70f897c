import { sql } from "drizzle-orm"
import type pg from "pg"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { createPool, type Database, createDatabase as openDatabase } from "../../core/db/client.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { writeHistory } from "../../demo/seed/history.ts"
import { createDemoTables } from "../../demo/store/schema.ts"
import { createStore, type Store } from "../../demo/store/store.ts"
import { migratedDatabase } from "../support/template-database.ts"

let pool: pg.Pool
let db: Database
const signal = new AbortController().signal
const now = manualClock(Date.UTC(2026, 4, 20, 9, 30))

beforeEach(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	pool = createPool(url, { applicationName: "test" })
	db = openDatabase(pool)
	await createDemoTables(db)
})

afterEach(() => pool.end())

const count = async (table: string) => Number((await pool.query(`select count(*) as n from ${table}`)).rows[0].n)

/** A database whose connection breaks right after each of the first `times` commits: the answer is lost. */
function losingAnswers(times: number): Database {
	let left = times
	return new Proxy(db, {
		get(target, key, receiver) {
			if (key !== "transaction") return Reflect.get(target, key, receiver)
			return async (work: Parameters<Database["transaction"]>[0]) => {
				const result = await target.transaction(work)
				left -= 1
				if (left >= 0) throw new Error("Connection terminated unexpectedly")
				return result
			}
		},
	})
}

const addRun = (store: Store) =>
	store.once("a run", async (tx) => {
		const { rows } = await tx.execute<{ id: number }>(
			sql`insert into public.runs (model, created_at) values ('test', now()) returning id`,
		)
		return rows[0]?.id ?? 0
	})

describe("the demo's writes", () => {
	it("are committed once although the answers to two commits are lost, and give the first one's result", async () => {
		const store = createStore(losingAnswers(2), silentLogger, signal)
		expect(await addRun(store)).toBe(1)
		expect(await count("public.runs")).toBe(1)
		expect(store.available()).toBe(true)
	})

	it("are committed once when one write is tried concurrently", async () => {
		const stores = [1, 2, 3].map(() => createStore(db, silentLogger, signal))
		expect(await Promise.all(stores.map(addRun))).toEqual([1, 1, 1])
		expect(await count("public.runs")).toBe(1)
	})

	it("fail at once when PostgreSQL refuses the statement itself", async () => {
		const store = createStore(db, silentLogger, signal)
		const refused = store.once("wrong", async (tx) => {
			await tx.execute(sql`insert into public.runs (model) values (null)`)
			return null
		})
		await expect(refused).rejects.toThrow()
		expect(await count("demo.writes")).toBe(0)
	})

	it("end with the demo, even if the database never starts", async () => {
		const nowhere = createPool("postgres://user@127.0.0.1:1/none", { applicationName: "test" })
		const stopping = AbortSignal.timeout(300)
		const store = createStore(openDatabase(nowhere), silentLogger, stopping)
		await expect(addRun(store)).rejects.toThrow(/abort|timeout/i)
		expect(store.available()).toBe(false)
		await nowhere.end()
	})
})

describe("the demo's history", () => {
	const tables = [
		"observatory.claude_sessions",
		"observatory.mcp_calls",
		"observatory.improvements",
		"observatory.reviews",
		"observatory.events",
		"observatory.violations",
		"public.tasks",
		'public."taskMetrics"',
		"public.mcp_retrieval_calls",
	]
	const counts = () => Promise.all(tables.map(count))

	it("fills an empty database with a week, and adds nothing the second time, nor on another day", async () => {
		const store = createStore(db, silentLogger, signal)
		await writeHistory(store, now)
		const first = await counts()
		expect(Math.min(...first)).toBeGreaterThan(0)
		const later = manualClock(now.now() + 3 * 86_400_000)
		await Promise.all([writeHistory(store, now), writeHistory(createStore(db, silentLogger, signal), later)])
		expect(await counts()).toEqual(first)
		const { rows } = await pool.query(
			"select count(distinct started_at::date)::int as days, min(started_at) as first, max(ended_at) as last from observatory.claude_sessions",
		)
		expect(rows[0].days).toBe(7)
		expect(rows[0].first.toISOString()).toMatch(/^2026-05-13T01:/)
		expect(rows[0].last.getTime()).toBeLessThan(Date.UTC(2026, 4, 20))
	})

	it("continues after an interrupted start", async () => {
		const store = createStore(db, silentLogger, signal)
		let days = 0
		const interrupted: Store = {
			...store,
			once(key, work) {
				if (key.startsWith("history:2026") && ++days > 3) throw new Error("killed")
				return store.once(key, work)
			},
		}
		await expect(writeHistory(interrupted, now)).rejects.toThrow("killed")
		const sessions = await count("observatory.claude_sessions")
		await writeHistory(store, manualClock(now.now() + 86_400_000))
		expect(await count("observatory.claude_sessions")).toBe((sessions / 3) * 7)
	})

	it("is not written into a database that has other rows", async () => {
		await pool.query(
			"insert into observatory.claude_sessions (id, source, status) values ('real', 'transcript', 'completed')",
		)
		await writeHistory(createStore(db, silentLogger, signal), now)
		expect(await count("observatory.claude_sessions")).toBe(1)
	})

	it("says how many turns each session had", async () => {
		await writeHistory(createStore(db, silentLogger, signal), now)
		const { rows } = await pool.query(
			"select min(turns) as least, count(*) filter (where turns is null)::int as unknown from observatory.claude_sessions",
		)
		expect(rows).toEqual([{ least: expect.any(Number), unknown: 0 }])
	})

	it("fires no shipped alert even if counters add it in one step", async () => {
		await writeHistory(createStore(db, silentLogger, signal), now)
		const { rows } = await pool.query(`select
			(select sum(cost_usd) from observatory.claude_sessions) + (select sum(cost) from public."taskMetrics") as cost,
			(select avg((status <> 'completed')::int) from observatory.claude_sessions) as failed,
			(select count(*) from observatory.violations) as violations,
			(select count(*) from observatory.reviews where status = 'pending') as pending`)
		expect(Number(rows[0].cost)).toBeLessThan(10)
		expect(Number(rows[0].failed)).toBeLessThan(0.1)
		expect(Number(rows[0].violations)).toBeLessThan(10)
		expect(Number(rows[0].pending)).toBe(0)
	})
})
