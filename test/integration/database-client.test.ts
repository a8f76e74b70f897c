import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPipelined, createPool, databaseError, createDatabase as onPool } from "../../core/db/client.ts"
import { onSnapshot } from "../../core/db/session.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { poolerTo } from "../support/pooler.ts"
import { createDatabase, startPostgres, type TestPostgres } from "../support/postgres.ts"

describe("the pool", () => {
	it("survives a connection that breaks between two statements, and the next statement reports it", async () => {
		const url = await createDatabase(inject("postgresUrl"))
		const pool = createPool(url, { applicationName: "test" })
		const client = await pool.connect()
		const { rows } = await client.query("select pg_backend_pid() as pid")
		const admin = new pg.Client(url)
		await admin.connect()
		// Without a listener the driver's error event would be an uncaught exception.
		const broken = new Promise<void>((resolve) => client.once("end", resolve))
		await admin.query("select pg_terminate_backend($1)", [rows[0].pid])
		await broken
		const error = await client.query("select 1").catch((thrown: unknown) => databaseError(thrown, "Asking"))
		expect(error).toMatchObject({ code: "database_unreachable" })
		client.release(true)
		expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }])
		await Promise.all([pool.end(), admin.end()])
	})

	it("names the server's last shortage until the server is back", async () => {
		const url = await createDatabase(inject("postgresUrl"))
		const pool = createPool(url, { applicationName: "test", max: 1 })
		onTestFinished(() => pool.end())
		const full = "do $$ begin raise 'could not extend file' using errcode = '53100'; end $$"
		const end = "select pg_terminate_backend(pg_backend_pid())"
		const failure = (query: string) => pool.query(query).catch((thrown: unknown) => databaseError(thrown, "Asking"))
		expect(await failure(full)).toMatchObject({ message: "Asking: PostgreSQL's disk is full" })
		expect(await failure(end)).toMatchObject({
			code: "database_unreachable",
			message: expect.stringMatching(/ended the connection; its last error was: PostgreSQL's disk is full \(could not/),
			advice: expect.stringContaining("Free space"),
		})
		expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }])
		expect(await failure(end)).not.toMatchObject({ message: expect.stringContaining("disk") })
	})

	it("gets its connection back after a failed transaction, even if `begin` failed", async () => {
		const pool = createPool(await createDatabase(inject("postgresUrl")), { applicationName: "test", max: 1 })
		const database = onPool(pool)
		const isolationLevel = "none of them" as "serializable"
		await expect(database.transaction(async () => undefined, { isolationLevel })).rejects.toThrow()
		await expect(database.transaction((tx) => tx.execute("select 1 / 0"))).rejects.toThrow()
		const refused = new ObservatoryError("conflict", "no")
		await expect(database.transaction(() => Promise.reject(refused))).rejects.toBe(refused)
		expect((await database.transaction((tx) => tx.execute("select 1 as one"))).rows).toEqual([{ one: 1 }])
		await pool.end()
	})
})

describe("a pool behind a pooler that refuses limits when it connects", () => {
	it("asks for them in each transaction, and reads whole views", async () => {
		const pooler = await poolerTo(await createDatabase(inject("postgresUrl")))
		onTestFinished(() => pooler.close())
		const pool = createPool(pooler.url, { applicationName: "test", max: 2, statementTimeoutMs: 300 })
		onTestFinished(() => pool.end())
		const options = { what: "Asking", signal: AbortSignal.timeout(20_000) }
		const limits = await onSnapshot(pool, options, async (client) => [
			(await client.query("show statement_timeout")).rows[0],
			(await client.query("show idle_in_transaction_session_timeout")).rows[0],
			(await client.query("show transaction_read_only")).rows[0],
		])
		expect(limits).toEqual([
			{ statement_timeout: "300ms" },
			{ idle_in_transaction_session_timeout: "12s" },
			{ transaction_read_only: "on" },
		])
		const slow = (client: pg.ClientBase) => client.query("select pg_sleep(5)")
		await expect(onSnapshot(pool, options, slow)).rejects.toMatchObject({ code: "unavailable" })
		const inDrizzle = await onPool(pool).transaction((tx) => tx.execute("show statement_timeout"))
		expect(inDrizzle.rows).toEqual([{ statement_timeout: "300ms" }])
		// What a transaction asked for ends with it: the pooler gives the connection to others.
		expect((await pool.query("show statement_timeout")).rows).toEqual([{ statement_timeout: "0" }])
	})

	it("names a parameter that it cannot do without", async () => {
		const pooler = await poolerTo(await createDatabase(inject("postgresUrl")))
		onTestFinished(() => pooler.close())
		const pool = createPool(pooler.url, { applicationName: "test", pipeline: true })
		onTestFinished(() => pool.end())
		const error = await pool.query("select 1").catch((thrown: unknown) => databaseError(thrown, "Asking"))
		expect(error).toMatchObject({ message: expect.stringContaining("does not accept the parameter options") })
	})
})

describe("pipelined transactions", () => {
	const pipelined = async () => {
		const pool = createPool(await createDatabase(inject("postgresUrl")), {
			applicationName: "test",
			max: 1,
			pipeline: true,
		})
		await pool.query("begin read write; create table kept (n int check (n > 0)); commit")
		return { pool, database: createPipelined(pool) }
	}
	const kept = async (pool: pg.Pool) => (await pool.query("select n from kept order by n")).rows.map(({ n }) => n)

	it("commit everything or nothing, and return their connection", async () => {
		const { pool, database } = await pipelined()
		const insert = (n: number) => database.transaction((tx) => tx.execute(`insert into kept values (${n})`))
		await insert(1)
		await expect(
			database.transaction((tx) =>
				Promise.all([tx.execute("insert into kept values (2)"), tx.execute("insert into kept values (-1)")]),
			),
		).rejects.toThrow()
		const refused = new ObservatoryError("conflict", "no")
		await expect(
			database.transaction(async (tx) => {
				await tx.execute("insert into kept values (3)")
				throw refused
			}),
		).rejects.toBe(refused)
		await insert(4)
		expect(await kept(pool)).toEqual([1, 4])
		await pool.end()
	})

	it("write nothing on a connection without a transaction", async () => {
		const { pool } = await pipelined()
		await expect(pool.query("insert into kept values (1)")).rejects.toThrow(/read-only transaction/)
		expect(await kept(pool)).toEqual([])
		await pool.end()
	})
})

describe("a server that falls silent", () => {
	let postgres: TestPostgres
	beforeAll(async () => {
		postgres = await startPostgres()
	})
	afterAll(async () => {
		postgres?.thaw()
		await postgres?.remove()
	})
	const open = (pipeline = false) =>
		createPool(postgres.url(), { applicationName: "silence", max: 1, statementTimeoutMs: 500, pipeline })

	/** What comes of work that is under way when the server freezes, and after how many milliseconds. */
	async function whileFrozen(work: () => Promise<unknown>): Promise<{ code: unknown; ms: number }> {
		postgres.freeze()
		const startedAt = performance.now()
		try {
			const error = await work().catch((thrown: unknown) => databaseError(thrown, "Asking"))
			return { code: error instanceof ObservatoryError ? error.code : error, ms: performance.now() - startedAt }
		} finally {
			postgres.thaw()
		}
	}
	const backend = async (pool: pg.Pool): Promise<number> =>
		(await pool.query("select pg_backend_pid() as pid")).rows[0].pid

	it.each<[string, boolean, (pool: pg.Pool) => Promise<unknown>]>([
		["a statement", false, (pool) => pool.query("select 1")],
		["a transaction", false, (pool) => onPool(pool).transaction((tx) => tx.execute("select 1"))],
		[
			"a snapshot",
			false,
			(pool) =>
				onSnapshot(pool, { what: "Asking", signal: AbortSignal.timeout(30_000) }, (client) => client.query("select 1")),
		],
		["a pipelined transaction", true, (pool) => createPipelined(pool).transaction((tx) => tx.execute("select 1"))],
	])("fails %s in bounded time, on a connection that the pool does not reuse", async (_, pipeline, work) => {
		const pool = open(pipeline)
		const before = await backend(pool)
		const { code, ms } = await whileFrozen(() => work(pool))
		expect(code).toBe("database_unreachable")
		expect(ms).toBeGreaterThan(2_000)
		expect(ms).toBeLessThan(4_000)
		expect(await backend(pool)).not.toBe(before)
		await pool.end()
	})

	it.each([false, true])(
		"fails a transaction that it falls silent within (pipelined: %s) just as soon",
		async (pipeline) => {
			const pool = open(pipeline)
			const database = pipeline ? createPipelined(pool) : onPool(pool)
			let frozenAt = 0
			const failing = database.transaction(async (tx) => {
				await tx.execute("select 1")
				postgres.freeze()
				frozenAt = performance.now()
				await tx.execute("select 2")
			})
			const error = await failing.catch((thrown: unknown) => databaseError(thrown, "Asking"))
			const ms = performance.now() - frozenAt
			postgres.thaw()
			expect(error).toMatchObject({ code: "database_unreachable" })
			expect(ms).toBeLessThan(4_000)
			expect((await pool.query("select 3 as three")).rows).toEqual([{ three: 3 }])
			await pool.end()
		},
	)

	it("drops a silent connection even if its user returns it without an error", async () => {
		const pool = open()
		const client = await pool.connect()
		const before = (await client.query("select pg_backend_pid() as pid")).rows[0].pid
		await whileFrozen(() => client.query("select 1"))
		client.release()
		expect(await backend(pool)).not.toBe(before)
		await pool.end()
	})

	it("is distinguished from a lock of another session, after which the connection still works", async () => {
		const [holder, pool] = [open(), open()]
		await holder.query("create table if not exists locked (n int)")
		const blocking = await holder.connect()
		await blocking.query("begin; lock table locked")
		const before = await backend(pool)
		const client = await pool.connect()
		const error = await client.query("select * from locked").catch((thrown: unknown) => databaseError(thrown, "Asking"))
		expect(error).toMatchObject({ code: "unavailable" })
		client.release()
		expect(await backend(pool)).toBe(before)
		blocking.release(true)
		await Promise.all([pool.end(), holder.end()])
	})

	it("keeps the locks of an abandoned transaction for at most 12 seconds", async () => {
		const pool = open()
		const { rows } = await pool.query("select current_setting('idle_in_transaction_session_timeout') as setting")
		expect(rows).toEqual([{ setting: "12s" }])
		await pool.query("create table if not exists abandoned (n int)")
		const lost = await pool.connect()
		await lost.query("set idle_in_transaction_session_timeout = '100ms'")
		await lost.query("begin; lock table abandoned")
		const other = open()
		expect((await other.query("select * from abandoned")).rows).toEqual([])
		const error = await lost.query("select 1").catch((thrown: unknown) => databaseError(thrown, "Asking"))
		expect(error).toMatchObject({ code: expect.stringMatching(/^(database_unreachable|unavailable)$/) })
		lost.release()
		await Promise.all([pool.end(), other.end()])
	})
})
