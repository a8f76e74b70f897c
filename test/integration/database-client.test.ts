import pg from "pg"
import { describe, expect, inject, it } from "vitest"
import { createPipelined, createPool, databaseError, createDatabase as onPool } from "../../core/db/client.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { createDatabase } from "../support/postgres.ts"

describe("the pool", () => {
	it("leaves the process alive when a connection breaks between two statements, and the next statement says so", async () => {
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

	it("has its connection back after a transaction that failed, even one that could not begin", async () => {
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

	it("keep everything or nothing, and have their connection back either way", async () => {
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

	it("write nothing on a connection where no transaction has begun", async () => {
		const { pool } = await pipelined()
		await expect(pool.query("insert into kept values (1)")).rejects.toThrow(/read-only transaction/)
		expect(await kept(pool)).toEqual([])
		await pool.end()
	})
})
