import { createPool, databaseError } from "../../core/db/client.ts"
import type { ListenAddress } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { authority } from "../settings.ts"

/** The database, and the role that owns it and migrates it; the superuser only creates them. */
const NAME = "observatory"

/** The roles of our programs, as `core/db/roles.sql` names them. */
const PROGRAM_ROLES = { exporters: "observatory_exporters", webhook: "observatory_webhook" } as const
export type ProgramRole = keyof typeof PROGRAM_ROLES

/** Grafana's role, as `grafana/provisioning/reader.sql` names it. */
const READER = "observatory_grafana"

/** The connection string of a role at a local server. */
export function clusterUrl(address: ListenAddress, role: string, password: string, database: string): string {
	return `postgres://${role}:${encodeURIComponent(password)}@${authority(address)}/${database}`
}

/** The connection string of the ordinary role, which owns the database and may read the server's statistics. */
export const accountUrl = (address: ListenAddress, password: string) => clusterUrl(address, NAME, password, NAME)

/** The connection string of a program's role. */
export const programUrl = (address: ListenAddress, role: ProgramRole, password: string) =>
	clusterUrl(address, PROGRAM_ROLES[role], password, NAME)

/** The connection string of Grafana's role. */
export const readerUrl = (address: ListenAddress, password: string) => clusterUrl(address, READER, password, NAME)

/** Creates the ordinary role and its database, or updates its password. */
export async function ensureAccount(superuserUrl: string, password: string): Promise<void> {
	const pool = createPool(superuserUrl, { applicationName: "mcp-observatory stack", max: 1 })
	try {
		const { rows } = await pool.query<{ role: boolean; database: boolean; quoted: string }>(
			`select exists (select from pg_roles where rolname = $1) as role,
				exists (select from pg_database where datname = $1) as database,
				quote_literal($2::text) as quoted`,
			[NAME, password],
		)
		const [found] = rows
		await pool.query(`${found?.role ? "alter" : "create"} role ${NAME} login password ${found?.quoted}`)
		await pool.query(`grant pg_monitor to ${NAME}`)
		if (!found?.database) await pool.query(`create database ${NAME} owner ${NAME}`)
	} catch (error) {
		throw databaseError(error, "Setting up the local database")
	} finally {
		await pool.end()
	}
}

/** Creates Grafana's role, which may read the contract views only, with the SQL of `definition`. */
export const ensureReader = (superuserUrl: string, definition: string, password: string): Promise<void> =>
	ensureRoles(superuserUrl, definition, { [READER]: password })

/** Creates the roles of our programs in a migrated database, with the SQL of `definition`. */
export const ensureProgramRoles = (
	superuserUrl: string,
	definition: string,
	passwords: Readonly<Record<ProgramRole, string>>,
): Promise<void> =>
	ensureRoles(superuserUrl, definition, {
		[PROGRAM_ROLES.exporters]: passwords.exporters,
		[PROGRAM_ROLES.webhook]: passwords.webhook,
	})

async function ensureRoles(
	superuserUrl: string,
	definition: string,
	passwords: Readonly<Record<string, string>>,
): Promise<void> {
	const pool = createPool(superuserUrl, { applicationName: "mcp-observatory stack", max: 1 })
	try {
		await pool.query(definition)
		for (const [role, password] of Object.entries(passwords)) {
			const { rows } = await pool.query<{ quoted: string }>("select quote_literal($1::text) as quoted", [password])
			await pool.query(`alter role ${role} password ${rows[0]?.quoted}`)
		}
	} catch (error) {
		throw databaseError(error, "Creating the database's roles")
	} finally {
		await pool.end()
	}
}

/** What PostgreSQL itself says by an SQLSTATE, other than the system's ECONNREFUSED and its like. */
const SQLSTATE = /^\d[\dA-Z]{4}$/

/**
 * Checks that the server answers a query.
 *
 * @throws ObservatoryError `unavailable` when it answers with an error, such as while it recovers
 */
export async function probePostgres(url: string): Promise<void> {
	const pool = createPool(url, { applicationName: "mcp-observatory stack", max: 1, statementTimeoutMs: 2_000 })
	try {
		await pool.query("select 1")
	} catch (error) {
		const known = databaseError(error, "Probing PostgreSQL")
		const { code } = error as { code?: unknown }
		if (typeof code !== "string" || !SQLSTATE.test(code)) throw known
		const advice = known instanceof ObservatoryError ? known.advice : undefined
		throw new ObservatoryError("unavailable", messageOf(known), { cause: error, ...(advice ? { advice } : {}) })
	} finally {
		await pool.end()
	}
}
