import type pg from "pg"

/**
 * Identifies the database behind a connection: equal for every address, user and physical replica of it, different for
 * every other database, also on the same server. It contains the identifier that initdb gives a cluster.
 */
async function databaseIdentity(connection: pg.Pool | pg.ClientBase): Promise<string> {
	const { rows } = await connection.query<{ identity: string }>(
		`select c.system_identifier || '/' || d.oid as identity
		from pg_control_system() c, pg_database d where d.datname = current_database()`,
	)
	const [row] = rows
	if (row === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	return row.identity
}

/**
 * Whether two connections lead to one database. Rejects with the driver's error when one is unreachable, or when its user
 * lacks the right (every user has it, unless an administrator revoked it).
 */
export async function isSameDatabase(a: pg.Pool | pg.ClientBase, b: pg.Pool | pg.ClientBase): Promise<boolean> {
	return (await databaseIdentity(a)) === (await databaseIdentity(b))
}
