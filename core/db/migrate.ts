import { sql } from "drizzle-orm"
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator"
import { shippedFile } from "../lib/files.ts"
import { createDatabase, createPool, databaseError } from "./client.ts"

/**
 * Migrates our schema in a database; does nothing if it is up to date. Several processes may call it at once: an advisory
 * lock makes them wait for each other.
 *
 * @throws ObservatoryError `database_unreachable` or `database_forbidden`
 */
export async function migrate(url: string): Promise<void> {
	const pool = createPool(url, { applicationName: "mcp-observatory migrations", max: 1, statementTimeoutMs: 300_000 })
	const db = createDatabase(pool)
	try {
		await db.execute(sql`select pg_advisory_lock(hashtextextended('mcp-observatory migrations', 0))`)
		await applyMigrations(db, {
			migrationsFolder: shippedFile("core/db/migrations"),
			migrationsSchema: "observatory",
			migrationsTable: "migrations",
		})
	} catch (error) {
		throw databaseError(error, "Setting up the database")
	} finally {
		// Ends the session, which releases the lock.
		await pool.end()
	}
}
