import { readFileSync } from "node:fs"
import { sql } from "drizzle-orm"
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator"
import type pg from "pg"
import { z } from "zod"
import { shippedFile } from "../lib/files.ts"
import { createDatabase, createPool, databaseError } from "./client.ts"

const FOLDER = shippedFile("core/db/migrations")
const journal = z.object({ entries: z.array(z.object({ when: z.number() })).nonempty() })

/** Tables that are not there yet, and a role that may not look: the migrations say what is wrong. */
const UNKNOWN = new Set(["3F000", "42P01", "42501"])

/**
 * Migrates our schema in a database; does nothing if it is up to date, and needs no right to then. Several processes may
 * call it at once: an advisory lock makes them wait for each other.
 *
 * @throws ObservatoryError `database_unreachable` or `database_forbidden`
 */
export async function migrate(url: string): Promise<void> {
	const pool = createPool(url, { applicationName: "mcp-observatory migrations", max: 1, statementTimeoutMs: 300_000 })
	const db = createDatabase(pool)
	try {
		if (await isCurrent(pool)) return
		await db.execute(sql`select pg_advisory_lock(hashtextextended('mcp-observatory migrations', 0))`)
		await applyMigrations(db, {
			migrationsFolder: FOLDER,
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

/** Whether the last migration has been applied. */
async function isCurrent(pool: pg.Pool): Promise<boolean> {
	const { entries } = journal.parse(JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, "utf8")))
	const newest = Math.max(...entries.map(({ when }) => when))
	try {
		const { rows } = await pool.query("select from observatory.migrations where created_at >= $1 limit 1", [newest])
		return rows.length > 0
	} catch (error) {
		if (UNKNOWN.has(String((error as { code?: unknown }).code))) return false
		throw error
	}
}
