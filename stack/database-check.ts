import { createPool, databaseError } from "../core/db/client.ts"
import { messageOf, ObservatoryError } from "../core/lib/errors.ts"

const SCHEMAS = ["observatory", "contract"]

/**
 * Checks that a configured database can be used, before anything starts.
 *
 * @param variable the variable that names it, for the advice
 * @param needsCreate whether the observatory's tables are to be created there
 * @throws ObservatoryError `database_unreachable` or `database_forbidden`
 */
export async function checkDatabase(url: string, variable: string, needsCreate: boolean): Promise<void> {
	const what = `The database that ${variable} names (${withoutPassword(url)})`
	const pool = createPool(url, { applicationName: "mcp-observatory stack", max: 1 })
	try {
		const { rows } = await pool.query<{ user: string; database: string; create: boolean; schemas: boolean }>(
			`select current_user as user, current_database() as database,
				has_database_privilege(current_database(), 'CREATE') as create,
				(select count(*) = $2 from pg_namespace
					where nspname = any ($1) and has_schema_privilege(oid, 'CREATE') and has_schema_privilege(oid, 'USAGE')) as schemas`,
			[SCHEMAS, SCHEMAS.length],
		)
		const found = rows[0]
		if (!needsCreate || found?.create || found?.schemas) return
		throw new ObservatoryError("database_forbidden", `${what} does not allow ${found?.user} to create schemas`, {
			advice: `As the database's owner: GRANT CREATE ON DATABASE "${found?.database}" TO "${found?.user}";`,
		})
	} catch (error) {
		const known = databaseError(error, what)
		if (known instanceof ObservatoryError) throw known
		throw new ObservatoryError("database_unreachable", `${what} cannot be used: ${messageOf(error)}`, {
			advice: `Correct ${variable} (postgres://USER:PASSWORD@HOST:PORT/DATABASE), or unset it to use a local database.`,
			cause: error,
		})
	} finally {
		await pool.end()
	}
}

function withoutPassword(url: string): string {
	const { username, host, pathname } = new URL(url)
	return `${username}${username ? "@" : ""}${host}${pathname}`
}
