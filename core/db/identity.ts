import type pg from "pg"

/**
 * Names the database behind a connection: the same for every address, user and physical replica of it, another for
 * every other one, also on the same server. The identifier is the one that initdb gives a cluster.
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
 * Whether two connections lead to one database. Rejects with the driver's error when one of them is away, or when
 * its user may not ask (any user may, unless an administrator took that right away).
 */
export async function isSameDatabase(a: pg.Pool | pg.ClientBase, b: pg.Pool | pg.ClientBase): Promise<boolean> {
	return (await databaseIdentity(a)) === (await databaseIdentity(b))
}
