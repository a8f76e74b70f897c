import { setTimeout as sleep } from "node:timers/promises"
import { expect, inject, it, onTestFinished } from "vitest"
import { silentLogger } from "../../core/lib/log.ts"
import { openDatabases } from "../../exporters/start/databases.ts"
import { contractDatabase } from "../support/contract-databases.ts"

it("the exporters check the schema once when they start, and again only after the interval", async () => {
	const database = await contractDatabase(inject("postgresUrl"))
	const closing: (() => unknown)[] = []
	const lifecycle = { onClose: (_: string, close: () => unknown) => void closing.push(close) }
	const settings = { databaseUrl: database.url, sourceUrl: database.url }
	await openDatabases({ settings, log: silentLogger, lifecycle })
	onTestFinished(async () => {
		for (const close of closing.reverse()) await close()
		await database.close()
	})
	// A check waits for this lock.
	const client = await database.pool.connect()
	await client.query("begin; select pg_advisory_xact_lock(hashtextextended('mcp-observatory contract', 0))")
	await sleep(1_500)
	const { rows } = await client.query(
		`select a.application_name from pg_locks l join pg_stat_activity a using (pid)
		where l.locktype = 'advisory' and not l.granted and a.datname = current_database()`,
	)
	await client.query("rollback")
	client.release()
	expect(rows).toEqual([])
})
