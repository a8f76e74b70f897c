import type pg from "pg"

/** The rights of a connection's user on the rows of `observatory.claude_sessions`, which an emergency stop ends. */
export interface SessionRights {
	readonly user: string
	/** Whether the database has the table. */
	readonly kept: boolean
	readonly readable: boolean
	readonly writable: boolean
	/** A standby, or a user with read-only transactions: a grant does not help. */
	readonly readOnly: boolean
}

/**
 * Reads the system catalogs, which every user may read, so that no error appears in the server's log. The mode of the
 * current transaction does not count: the caller may have started it read-only.
 */
export async function readSessionRights(client: pg.ClientBase): Promise<SessionRights> {
	const { rows } = await client.query<SessionRights>(
		`select current_user as user, c.oid is not null as kept, pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as "readOnly",
			coalesce(has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT'), false) as readable,
			coalesce(has_schema_privilege(n.oid, 'USAGE') and (
				select count(*) = 3 and bool_and(has_column_privilege(c.oid, a.attnum, 'UPDATE')) from pg_attribute a
				where a.attrelid = c.oid and not a.attisdropped and a.attname in ('status', 'ended_at', 'updated_at')
			), false) as writable
		from (select) one
		left join pg_namespace n on n.nspname = 'observatory'
		left join pg_class c on c.relnamespace = n.oid and c.relname = 'claude_sessions'`,
	)
	const [rights] = rows
	if (rights === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	return rights
}

export interface MissingRight {
	readonly what: string
	readonly fix: string
}

/** The right that is missing to pause or end sessions, and its fix; undefined if none is missing or no table exists. */
export function missingRight({ user, kept, readable, writable, readOnly }: SessionRights): MissingRight | undefined {
	if (!kept) return undefined
	if (!readable || !writable)
		return {
			what: `${user} may not ${readable ? "change" : "read and change"} observatory.claude_sessions`,
			fix: `grant usage on schema observatory to "${user}"; grant select, update on observatory.claude_sessions to "${user}";`,
		}
	if (readOnly)
		return {
			what: `${user} only reads there: it is a standby, or its transactions are read-only`,
			fix: "Use the address of the primary server, and a user with default_transaction_read_only = off.",
		}
	return undefined
}
