import type pg from "pg"
import { KNOWN_TABLES, type Tables } from "./tables.ts"

/** A right on a view, or on one column of it. */
export interface Grant {
	/** As SQL names it, quoted where it has to be. */
	readonly grantee: string
	readonly privilege: string
	readonly column: string | null
	readonly grantable: boolean
}

/** A view, or what has a view's name, as schema `contract` has it. */
export interface InstalledView {
	readonly isView: boolean
	/** As SQL names it. */
	readonly owner: string
	readonly ownedByUser: boolean
	/** Whether the present user may read it. */
	readonly readable: boolean
	/** Types by column, in order. */
	readonly columns: ReadonlyMap<string, string>
	/** Rights of roles besides the owner. */
	readonly grants: readonly Grant[]
	/** What would be lost with the view, such as `view reporting.daily`. */
	readonly dependents: readonly string[]
}

/** Schema `contract` as a database has it. */
export interface Installed {
	readonly schemaExists: boolean
	/** The comment on the schema, undefined when it has none and nothing in it. */
	readonly mark: string | undefined
	readonly views: ReadonlyMap<string, InstalledView>
	/** Roles that get rights on every new view by themselves, by `alter default privileges`. */
	readonly defaultGrantees: readonly string[]
}

export const NOTHING_INSTALLED: Installed = {
	schemaExists: false,
	mark: undefined,
	views: new Map(),
	defaultGrantees: [],
}

/** The columns that a database has of the tables that the contract may read. */
export async function readTables(client: pg.ClientBase): Promise<Tables> {
	const { rows } = await client.query<{ name: string; columns: string[] }>(
		`select n.nspname || '.' || c.relname as name, array_agg(a.attname::text) as columns
		from pg_class c
		join pg_namespace n on n.oid = c.relnamespace
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where n.nspname || '.' || c.relname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
		group by n.nspname, c.relname`,
		[KNOWN_TABLES],
	)
	return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]))
}

/** Our mark on the schema, undefined when nothing is in the way, "" when the schema is not ours. */
export async function readMark(client: pg.ClientBase): Promise<string | undefined> {
	const { rows } = await client.query<{ mark: string | null }>(
		`select coalesce(obj_description(n.oid, 'pg_namespace'),
			case when exists (select from pg_class where relnamespace = n.oid) then '' end) as mark
		from pg_namespace n where n.nspname = 'contract'`,
	)
	return rows[0]?.mark ?? undefined
}

/** Reads the catalogs, which any user may. */
export async function readInstalled(client: pg.ClientBase): Promise<Installed> {
	const { rows } = await client.query<Omit<InstalledView, "columns"> & { name: string; columns: [string, string][] }>(
		VIEWS_QUERY,
	)
	const defaults = await client.query<{ grantee: string }>(
		`select distinct ${role("acl.grantee")} as grantee
		from pg_default_acl d cross join aclexplode(d.defaclacl) acl
		where d.defaclobjtype = 'r' and acl.grantee <> d.defaclrole
			and (d.defaclnamespace = 0 or d.defaclnamespace = to_regnamespace('contract')) order by 1`,
	)
	const schema = await client.query("select from pg_namespace where nspname = 'contract'")
	return {
		schemaExists: schema.rows.length > 0,
		mark: await readMark(client),
		views: new Map(rows.map(({ name, ...view }) => [name, { ...view, columns: new Map(view.columns) }])),
		defaultGrantees: defaults.rows.map(({ grantee }) => grantee),
	}
}

const role = (oid: string) => `case ${oid} when 0 then 'public' else ${oid}::regrole::text end`

const grant = (column: string) => `json_build_object('grantee', ${role("acl.grantee")}, 'privilege', acl.privilege_type,
	'column', ${column}, 'grantable', acl.is_grantable)`

/** A rule that belongs to another relation makes that one depend on ours; so does a use of the view's row type. */
const VIEWS_QUERY = `select v.relname as name, v.relkind = 'v' as "isView", v.relowner::regrole::text as owner,
	v.relowner = current_user::regrole as "ownedByUser", has_table_privilege(v.oid, 'SELECT') as readable,
	(select coalesce(json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum), '[]')
		from pg_attribute a where a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped) as columns,
	(select coalesce(json_agg(one order by one::text), '[]') from (
		select ${grant("null")} as one from aclexplode(v.relacl) acl where acl.grantee <> v.relowner
		union all
		select ${grant("a.attname")} from pg_attribute a cross join aclexplode(a.attacl) acl
		where a.attrelid = v.oid and not a.attisdropped and acl.grantee <> v.relowner
	) given) as grants,
	array(select distinct case when r.oid is null then pg_describe_object(d.classid, d.objid, 0)
			else pg_describe_object('pg_class'::regclass, r.ev_class, 0) end
		from pg_depend d
		left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
		where d.deptype in ('n', 'a') and r.ev_class is distinct from v.oid
			and (d.refclassid = 'pg_class'::regclass and d.refobjid = v.oid
				or d.refclassid = 'pg_type'::regclass and d.refobjid in (v.reltype, t.typarray))
		order by 1) as dependents
from pg_class v
left join pg_type t on t.oid = v.reltype
where v.relnamespace = to_regnamespace('contract') and v.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1`
