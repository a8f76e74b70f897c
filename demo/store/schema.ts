import { sql } from "drizzle-orm"
import type { Database } from "../../core/db/client.ts"
import { EVALS_TABLES } from "../evals/tables.ts"

/** The demo's own bookkeeping: which of its writes have been committed. */
const JOURNAL = `
create schema if not exists demo;
create table if not exists demo.writes (
	key text primary key,
	result jsonb,
	at timestamptz not null default now()
);`

/** Creates what the demo needs and the project does not own. Several may try at once: one works, the others wait. */
export async function createDemoTables(db: Database): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('demo autonomous system tables', 0))`)
		await tx.execute(sql.raw(JOURNAL))
		await tx.execute(sql.raw(EVALS_TABLES))
	})
}
