import { runMigrations } from "graphile-worker"
import pg from "pg"
import { databaseError } from "../../core/db/client.ts"
import { JOBS_SCHEMA } from "./enqueue.ts"
import { quietLogger } from "./log.ts"

/** Brings the job tables up to date; several processes may call it at once. */
export async function migrateJobs(url: string): Promise<void> {
	const client = new pg.Client({ connectionString: url, application_name: "mcp-observatory migrations" })
	try {
		await client.connect()
		await client.query("select pg_advisory_lock(hashtextextended('mcp-observatory job migrations', 0))")
		await runMigrations({ connectionString: url, schema: JOBS_SCHEMA, logger: quietLogger, maxPoolSize: 2 })
	} catch (error) {
		throw databaseError(error, "Setting up the job tables")
	} finally {
		// Ends the session, and with it the lock.
		await client.end()
	}
}
