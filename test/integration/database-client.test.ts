import pg from "pg"
import { describe, expect, inject, it } from "vitest"
import { createPool, databaseError } from "../../core/db/client.ts"
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
})
