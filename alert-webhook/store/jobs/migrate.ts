import { runMigrations } from "graphile-worker"
import { createPool, databaseError } from "../../../core/db/client.ts"
import { JOBS_SCHEMA } from "./enqueue.ts"
import { quietLogger } from "./log.ts"

/** Migrates the job tables; several processes may call it at once. */
export async function migrateJobs(url: string): Promise<void> {
	const pool = createPool(url, { applicationName: "mcp-observatory migrations", max: 1, statementTimeoutMs: 300_000 })
	try {
		await pool.query("select pg_advisory_lock(hashtextextended('mcp-observatory job migrations', 0))")
		await runMigrations({ pgPool: pool, schema: JOBS_SCHEMA, logger: quietLogger })
	} catch (error) {
		throw databaseError(error, "Setting up the job tables")
	} finally {
		// Ends the one session, and with it the lock.
		await pool.end()
	}
}
