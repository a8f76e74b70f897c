import { sql } from "drizzle-orm"
import type { Database } from "../../core/db/client.ts"
import { EVALS_TABLES } from "../evals/tables.ts"

/** The demo's journal of committed writes. */
const JOURNAL = `
create schema if not exists demo;
create table if not exists demo.writes (
	key text primary key,
	result jsonb,
	at timestamptz not null default now()
);`

/** Creates the tables that only the demo needs. Concurrent calls wait for each other. */
export async function createDemoTables(db: Database): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('demo autonomous system tables', 0))`)
		await tx.execute(sql.raw(JOURNAL))
		await tx.execute(sql.raw(EVALS_TABLES))
	})
}
