import type pg from "pg"

/** What a connection's user may do with the rows of `observatory.claude_sessions`, which an emergency stop ends. */
export interface SessionRights {
	readonly user: string
	/** Whether the database keeps such rows at all. */
	readonly kept: boolean
	readonly readable: boolean
	readonly writable: boolean
	/** A standby, or a user whose transactions only read: no grant helps. */
	readonly readOnly: boolean
}

/**
 * Asks the catalogs, which answer everybody: nothing is refused, and nothing stands in the server's log. Whether the
 * present transaction only reads is not asked: whoever looks may have begun it so.
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

export interface Lack {
	readonly what: string
	readonly cure: string
}

/** Why sessions cannot be paused or ended there, and what helps; undefined when they can, or when there are none. */
export function lackOf({ user, kept, readable, writable, readOnly }: SessionRights): Lack | undefined {
	if (!kept) return undefined
	if (!readable || !writable)
		return {
			what: `${user} may not ${readable ? "change" : "read and change"} observatory.claude_sessions`,
			cure: `grant usage on schema observatory to "${user}"; grant select, update on observatory.claude_sessions to "${user}";`,
		}
	if (readOnly)
		return {
			what: `${user} only reads there: it is a standby, or its transactions are read-only`,
			cure: "Use the address of the primary server, and a user with default_transaction_read_only = off.",
		}
	return undefined
}
