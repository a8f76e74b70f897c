import type pg from "pg"
import { AUDIT_TRIGGERS, type AuditTrigger, auditGuardFaults } from "../../core/db/audit-guard.ts"
import { type Installed, readInstalled, readTables } from "../../core/db/contract/installed.ts"
import type { Tables } from "../../core/db/contract/tables.ts"
import { readSessionRights, type SessionRights } from "../../core/db/session-rights.ts"
import { type Beneath, isPooled, readBeneath } from "./beneath.ts"

/** What the monitored database has, as its user sees it. */
export interface SourceFacts {
	readonly user: string
	readonly database: string
	readonly contract: Installed
	/** Whether the user may use schema `contract`. */
	readonly schemaUsable: boolean
	/** Tables that the contract may read, as far as this user can see them. */
	readonly tables: Tables
	/** May create a schema. */
	readonly mayCreate: boolean
	/** Sees what other users' connections are doing. */
	readonly mayMonitor: boolean
	/** Such as 17.2. */
	readonly version: string
	/** Major number of the version. */
	readonly major: number
	/** Functions that the exporters call and the user may not. */
	readonly closedFunctions: readonly string[]
	/** Tables beneath the views whose row-level security holds for the role that the view reads as. */
	readonly rowSecurity: readonly RowSecurity[]
	/** What alert-webhook may do to sessions there. */
	readonly sessions: SessionRights
	/** What the views are made of. */
	readonly beneath: Beneath
	/** A pooler is between us and PostgreSQL. */
	readonly pooled: boolean
}

export interface RowSecurity {
	readonly view: string
	/** As SQL names them. */
	readonly table: string
	readonly role: string
}

/** A view reads with its owner's rights, unless it says otherwise. */
const ROW_SECURITY = `with recursive beneath (view, reader, oid) as (
	select v.relname, case when 'security_invoker=true' = any(v.reloptions) then current_user::regrole::oid else v.relowner end, v.oid
	from pg_class v where v.relnamespace = to_regnamespace('contract') and v.relkind = 'v'
	union select b.view, b.reader, d.refobjid from beneath b join pg_rewrite r on r.ev_class = b.oid
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
			and d.refclassid = 'pg_class'::regclass and d.refobjid <> b.oid)
select b.view, c.oid::regclass::text as "table", o.oid::regrole::text as role
from beneath b join pg_class c on c.oid = b.oid join pg_roles o on o.oid = b.reader
where c.relkind in ('r', 'p') and c.relrowsecurity and not o.rolsuper and not o.rolbypassrls
	and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'USAGE'))
order by 1, 2`

/** What our own database has. */
export interface OwnFacts {
	readonly user: string
	readonly database: string
	/** Tables of schema `observatory` that readers write, and whether this user may. */
	readonly writable: Readonly<Record<string, boolean>>
	readonly mayCreate: boolean
	/** What lets the audit log be changed; undefined while there is no audit log. */
	readonly auditFaults: readonly string[] | undefined
	/** A pooler is between us and PostgreSQL. */
	readonly pooled: boolean
}

/** Functions that every user may execute unless an administrator took that right away. */
const FUNCTIONS = ["pg_control_system()", "pg_database_size(oid)", "pg_is_in_recovery()"]

const AUDIT_TABLE = "audit_logs"

const LEDGER = ["readers", "totals", "tracked_rows", "counted_once"]

export async function readSource(client: pg.ClientBase): Promise<SourceFacts> {
	const { rows } = await client.query<{
		user: string
		database: string
		mayCreate: boolean
		mayMonitor: boolean
		schemaUsable: boolean
		version: string
		major: number
		closedFunctions: string[]
	}>(
		`select current_user as user, current_database() as database,
			has_database_privilege(current_database(), 'CREATE') as "mayCreate",
			pg_has_role('pg_read_all_stats', 'USAGE') as "mayMonitor",
			coalesce(has_schema_privilege(to_regnamespace('contract'), 'USAGE'), false) as "schemaUsable",
			split_part(current_setting('server_version'), ' ', 1) as version,
			current_setting('server_version_num')::int / 10000 as major,
			array(select name from unnest($1::text[]) name where not has_function_privilege(name, 'EXECUTE')) as "closedFunctions"`,
		[FUNCTIONS],
	)
	const [me] = rows
	if (me === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	return {
		...me,
		rowSecurity: (await client.query<RowSecurity>(ROW_SECURITY)).rows,
		contract: await readInstalled(client),
		tables: await readTables(client),
		sessions: await readSessionRights(client),
		beneath: await readBeneath(client),
		pooled: await isPooled(client),
	}
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
		[[...LEDGER, AUDIT_TABLE]],
	)
	const found = new Map(writable.rows.map((row) => [row.name, row.writable]))
	const auditFaults = found.has(AUDIT_TABLE)
		? auditGuardFaults((await client.query<AuditTrigger>(AUDIT_TRIGGERS)).rows)
		: undefined
	const pooled = await isPooled(client)
	return {
		...me,
		auditFaults,
		pooled,
		writable: Object.fromEntries(LEDGER.flatMap((name) => entry(name, found.get(name)))),
	}
}

const entry = (name: string, value: boolean | undefined): [string, boolean][] =>
	value === undefined ? [] : [[name, value]]
