import type pg from "pg"

/** What the contract's views are made of, as far as it keeps them from being read, or read fast. */
export interface Beneath {
	/** Tables that the role may not read that a view reads as. */
	readonly closedTables: readonly { readonly view: string; readonly table: string; readonly role: string }[]
	/** Functions that a view calls, which PostgreSQL demands of who asks, and the user may not. */
	readonly closedFunctions: readonly { readonly view: string; readonly name: string }[]
	/** Partitioned tables with partitions that have no index on their numbers. */
	readonly unindexed: readonly { readonly table: string; readonly partitions: number; readonly example: string }[]
}

/** All that views of schema contract refer to, with the role that each reads as. */
const BENEATH = `with recursive beneath (view, reader, class, oid) as (
	select v.relname, case when 'security_invoker=true' = any(v.reloptions) then current_user::regrole::oid else v.relowner end,
		'pg_class'::regclass::oid, v.oid
	from pg_class v where v.relnamespace = to_regnamespace('contract') and v.relkind = 'v'
	union select b.view, b.reader, d.refclassid, d.refobjid from beneath b join pg_rewrite r on r.ev_class = b.oid
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
			and d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass) and d.refobjid <> b.oid
	where b.class = 'pg_class'::regclass)`

const CLOSED_TABLES = `${BENEATH}
select distinct b.view, c.oid::regclass::text as "table", b.reader::regrole::text as role
from beneath b join pg_class c on b.class = 'pg_class'::regclass and c.oid = b.oid
where c.relkind in ('r', 'p', 'f', 'm') and not has_any_column_privilege(b.reader, c.oid, 'SELECT')
order by 1, 2`

const CLOSED_FUNCTIONS = `${BENEATH}
select distinct b.view, b.oid::regprocedure::text as name from beneath b
where b.class = 'pg_proc'::regclass and not has_function_privilege(b.oid, 'EXECUTE') order by 1, 2`

/** The exporters ask for rows by their number, which is \`seq\` or \`id\` in every table that is known. */
const UNINDEXED = `${BENEATH}
select t.oid::regclass::text as "table", count(*)::int as partitions, min(p.relid::text) as example
from (select distinct oid from beneath where class = 'pg_class'::regclass) b
join pg_class t on t.oid = b.oid and t.relkind = 'p' cross join lateral pg_partition_tree(t.oid) p
where p.isleaf and p.relid <> t.oid and not exists (
	select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
	where i.indrelid = p.relid and i.indisvalid and a.attname in ('seq', 'id'))
group by t.oid order by 1`

/** Reads the catalogs, which any user may. */
export async function readBeneath(client: pg.ClientBase): Promise<Beneath> {
	return {
		closedTables: (await client.query<Beneath["closedTables"][number]>(CLOSED_TABLES)).rows,
		closedFunctions: (await client.query<Beneath["closedFunctions"][number]>(CLOSED_FUNCTIONS)).rows,
		unindexed: (await client.query<Beneath["unindexed"][number]>(UNINDEXED)).rows,
	}
}

/** PgBouncer and its like make up the process that they name when a client connects: their own connections change. */
export async function isPooled(client: pg.ClientBase): Promise<boolean> {
	const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
	const named = "processID" in client ? client.processID : undefined
	return typeof named === "number" && named !== rows[0]?.pid
}
