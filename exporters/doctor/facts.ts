import type pg from "pg"
import { readMark, readTables } from "../../core/db/contract/install.ts"
import type { Tables } from "../../core/db/contract/render.ts"
import { VIEW_NAMES, type ViewName } from "../../core/db/contract/views.ts"
import { readSessionRights, type SessionRights } from "../../core/db/session-rights.ts"

/** What the monitored database has, as its user sees it. */
export interface SourceFacts {
	readonly user: string
	readonly database: string
	/** Schema `contract` as it is: our mark, "" when somebody else made it, "absent". */
	readonly mark: string
	readonly schemaUsable: boolean
	readonly views: Readonly<Record<ViewName, ViewFacts>>
	/** Tables that the contract may read, as far as this user can see them. */
	readonly tables: Tables
	/** May create a schema. */
	readonly mayCreate: boolean
	/** Sees what other users' connections are doing. */
	readonly mayMonitor: boolean
	/** What alert-webhook may do to sessions there. */
	readonly sessions: SessionRights
}

export interface ViewFacts {
	readonly exists: boolean
	readonly readable: boolean
	readonly columns: readonly string[]
}

/** What our own database has. */
export interface OwnFacts {
	readonly user: string
	readonly database: string
	/** Tables of schema `observatory` that readers write, and whether this user may. */
	readonly writable: Readonly<Record<string, boolean>>
	readonly mayCreate: boolean
}

const LEDGER = ["readers", "totals", "tracked_rows", "counted_once"]

export async function readSource(client: pg.ClientBase): Promise<SourceFacts> {
	const { rows } = await client.query<{
		user: string
		database: string
		mayCreate: boolean
		mayMonitor: boolean
		schemaUsable: boolean
	}>(
		`select current_user as user, current_database() as database,
			has_database_privilege(current_database(), 'CREATE') as "mayCreate",
			pg_has_role('pg_read_all_stats', 'USAGE') as "mayMonitor",
			coalesce(has_schema_privilege(to_regnamespace('contract'), 'USAGE'), false) as "schemaUsable"`,
	)
	const [me] = rows
	if (me === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	return {
		...me,
		mark: await readMark(client),
		views: await readViews(client),
		tables: await readTables(client),
		sessions: await readSessionRights(client),
	}
}

async function readViews(client: pg.ClientBase): Promise<Record<ViewName, ViewFacts>> {
	const { rows } = await client.query<{ name: string; readable: boolean; columns: string[] }>(
		`select c.relname as name, has_table_privilege(c.oid, 'SELECT') as readable, array_agg(a.attname::text) as columns
		from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'contract'
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		group by c.oid`,
	)
	const found = new Map(rows.map(({ name, ...view }) => [name, { exists: true, ...view }]))
	const absent: ViewFacts = { exists: false, readable: false, columns: [] }
	return Object.fromEntries(VIEW_NAMES.map((name) => [name, found.get(name) ?? absent])) as Record<ViewName, ViewFacts>
}

export async function readOwn(client: pg.ClientBase): Promise<OwnFacts> {
	const { rows } = await client.query<{ user: string; database: string; mayCreate: boolean }>(
		`select current_user as user, current_database() as database,
			has_database_privilege(current_database(), 'CREATE') as "mayCreate"`,
	)
	const [me] = rows
	if (me === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	const writable = await client.query<{ name: string; writable: boolean }>(
		`select c.relname as name, has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT, INSERT')
			and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE') as writable
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'observatory' and c.relname = any($1)`,
		[LEDGER],
	)
	const found = new Map(writable.rows.map((row) => [row.name, row.writable]))
	return { ...me, writable: Object.fromEntries(LEDGER.flatMap((name) => entry(name, found.get(name)))) }
}

const entry = (name: string, value: boolean | undefined): [string, boolean][] =>
	value === undefined ? [] : [[name, value]]
