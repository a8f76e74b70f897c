import pg from "pg"
import { describe, expect, inject, it } from "vitest"
import { migrate } from "../../core/db/migrate.ts"
import { createDatabase } from "../support/postgres.ts"

describe("migrate", () => {
	it("sets up an empty database when several processes start at once, and changes nothing the second time", async () => {
		const url = await createDatabase(inject("postgresUrl"))
		await Promise.all([migrate(url), migrate(url), migrate(url)])
		await migrate(url)
		const client = new pg.Client(url)
		await client.connect()
		const { rows } = await client.query(
			"select count(*)::int as n from information_schema.tables where table_schema = 'observatory'",
		)
		await client.end()
		expect(rows[0].n).toBeGreaterThan(10)
	})

	it("reports an unreachable server with advice", async () => {
		await expect(migrate("postgres://user@127.0.0.1:1/none")).rejects.toMatchObject({
			code: "database_unreachable",
			advice: expect.stringContaining("host and port"),
		})
	})

	it("names the missing database", async () => {
		const url = new URL(inject("postgresUrl"))
		url.pathname = "/absent"
		await expect(migrate(url.href)).rejects.toThrow(/the database does not exist/)
	})

	it("names the missing right of a user who may not create schemas", async () => {
		const url = await createDatabase(inject("postgresUrl"))
		const admin = new pg.Client(url)
		await admin.connect()
		await admin.query("create role powerless login")
		await admin.end()
		const powerless = new URL(url)
		powerless.username = "powerless"
		await expect(migrate(powerless.href)).rejects.toMatchObject({ code: "database_forbidden" })
	})
})
