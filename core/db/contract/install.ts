import type pg from "pg"
import { databaseError } from "../client.ts"
import { contractScript, KNOWN_TABLES, MARK, type Tables, usableBranches } from "./render.ts"

/** The columns that a database has of the tables that the contract may read. */
export async function readTables(client: pg.ClientBase): Promise<Tables> {
	const { rows } = await client.query<{ name: string; columns: string[] }>(
		`select n.nspname || '.' || c.relname as name, array_agg(a.attname::text) as columns
		from pg_class c
		join pg_namespace n on n.oid = c.relnamespace
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where n.nspname || '.' || c.relname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
		group by 1`,
		[KNOWN_TABLES],
	)
	return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]))
}

/**
 * Makes or renews the views of schema `contract` from the tables that are there now; does nothing when they are as
 * they should be. May be called again at any time, by several processes at once, for example when the evals tables
 * have appeared. Needs the right to create a schema, or to own `contract`. Views that somebody else wrote are theirs:
 * they are left as they are.
 *
 * @returns true when something was changed
 * @throws ObservatoryError `database_unreachable` or `database_forbidden`
 */
export async function installContract(pool: pg.Pool): Promise<boolean> {
	let client: pg.PoolClient | undefined
	try {
		client = await pool.connect()
		await client.query("begin")
		await client.query("select pg_advisory_xact_lock(hashtextextended('mcp-observatory contract', 0))")
		const { sql, mark } = contractScript(usableBranches(await readTables(client)))
		const present = await readMark(client)
		const stale = present === "absent" || (present.startsWith(MARK) && present !== mark)
		if (stale) await client.query(sql)
		await client.query("commit")
		client.release()
		return stale
	} catch (error) {
		client?.release(true)
		throw databaseError(error, "Installing the contract's views")
	}
}

/** Our mark on the schema, "absent" when there is nothing in the way, "" when somebody else made it. */
export async function readMark(client: pg.ClientBase): Promise<string> {
	const { rows } = await client.query<{ mark: string }>(
		`select coalesce(obj_description(to_regnamespace('contract'), 'pg_namespace'),
			case when exists (select from pg_class where relnamespace = to_regnamespace('contract')) then '' else 'absent' end) as mark`,
	)
	return rows[0]?.mark ?? "absent"
}
