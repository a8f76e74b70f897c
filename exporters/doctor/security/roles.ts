import type pg from "pg"
import { createPool } from "../../../core/db/client.ts"
import { onSnapshot } from "../../../core/db/session.ts"
import type { ListenAddress } from "../../../core/lib/config.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import { authorityOf, clientAddress } from "./ask.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"
import { examineVersion } from "./versions.ts"

/** Grafana's role, as `grafana/provisioning/reader.sql` names it. */
const READER = "observatory_grafana"

export interface RoleFacts {
	readonly name: string
	readonly superuser: boolean
	readonly createsRoles: boolean
	/** May run programs or read and write files of the server. */
	readonly leaves: boolean
	/** Tables that it may change, besides those of schema `observatory`. */
	readonly writable: readonly string[]
}

/** What a role may do in the database of `client`; undefined when there is no such role. */
export async function readRole(client: pg.ClientBase, role?: string): Promise<RoleFacts | undefined> {
	const { rows } = await client.query<RoleFacts>(
		`select r.rolname as name, r.rolsuper as superuser, r.rolcreaterole as "createsRoles",
			pg_has_role(r.oid, 'pg_execute_server_program', 'USAGE') or pg_has_role(r.oid, 'pg_write_server_files', 'USAGE')
				or pg_has_role(r.oid, 'pg_read_server_files', 'USAGE') as leaves,
			array(
				select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
				where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'observatory')
					and has_schema_privilege(r.oid, n.oid, 'USAGE')
					and has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
				order by 1
			) as writable
		from pg_roles r where r.rolname = coalesce($1, current_user)`,
		[role],
	)
	return rows[0]
}

/** What is wrong with a role that is there to read, or, for `own`, to write our tables only. */
export function examineRole(facts: RoleFacts, use: "own" | "source" | "reader"): Risk[] {
	const { name, superuser, createsRoles, leaves, writable } = facts
	const who = `role ${name} (${USE[use]})`
	if (superuser)
		return [risk("high", `${who} is a superuser`, `alter role "${name}" nosuperuser; -- or use another role`)]
	const risks: Risk[] = []
	if (leaves)
		risks.push(
			risk(
				"high",
				`${who} may run programs or use files of the database server`,
				`revoke pg_execute_server_program, pg_write_server_files, pg_read_server_files from "${name}";`,
			),
		)
	if (createsRoles) risks.push(risk("medium", `${who} may create roles`, `alter role "${name}" nocreaterole;`))
	if (use !== "own" && writable.length > 0) {
		const tables = `${writable.slice(0, 3).join(", ")}${writable.length > 3 ? ` and ${writable.length - 3} more` : ""}`
		risks.push(
			risk(
				use === "reader" ? "high" : "medium",
				`${who} may change ${tables}, and only has to read`,
				`Use a role that may only select; an emergency stop needs update on observatory.claude_sessions alone.`,
			),
		)
	}
	return risks.length > 0 ? risks : [ok(`${who} may not do more than it has to`)]
}

const USE = { own: "DATABASE_URL", source: "SOURCE_DATABASE_URL", reader: "Grafana" }

/** Roles, passwords and versions of the databases. */
export async function examineDatabases({ config }: Installation): Promise<Risk[]> {
	const { DATABASE_URL: own, SOURCE_DATABASE_URL: source, POSTGRES_LISTEN, DEMO_POSTGRES_LISTEN } = config
	const risks = [
		...(await examineOpenServer("PostgreSQL", "POSTGRES_LISTEN", POSTGRES_LISTEN)),
		...(await examineOpenServer("the demo's PostgreSQL", "DEMO_POSTGRES_LISTEN", DEMO_POSTGRES_LISTEN)),
		...(own !== undefined && source !== undefined ? examinePasswords(own, source) : []),
		...(own === undefined ? [] : await asked(own, "own")),
		...(source === undefined || source === own ? [] : await asked(source, "source")),
	]
	const unknown = risk("low", "no database is known here, so no role was checked", "Set DATABASE_URL_FILE.")
	return own === undefined && source === undefined ? [...risks, unknown] : risks
}

/** The monitored system knows its own password; it must not open our tables. */
export function examinePasswords(own: string, source: string): Risk[] {
	const [ours, theirs] = [new URL(own), new URL(source)]
	const separate = `${ours.host}${ours.pathname}` !== `${theirs.host}${theirs.pathname}`
	if (!separate || ours.password === "" || ours.password !== theirs.password) return []
	return [
		risk(
			"high",
			"the observatory database and the monitored database have one password",
			"Give the observatory's role another password: the programs of the monitored system know theirs.",
		),
	]
}

async function asked(url: string, use: "own" | "source"): Promise<Risk[]> {
	const pool = createPool(url, { applicationName: "mcp-observatory doctor", max: 1 })
	const what = `Reading the roles of ${USE[use]}`
	try {
		return await onSnapshot(pool, { what, signal: AbortSignal.timeout(20_000) }, async (client) => {
			const role = await readRole(client)
			const reader = await readRole(client, READER)
			const version = await client.query<{ server_version: string }>("show server_version")
			return [
				...(role === undefined ? [] : examineRole(role, use)),
				...(reader === undefined ? [] : examineRole(reader, "reader")),
				...examineVersion("PostgreSQL", version.rows[0]?.server_version ?? "0"),
				...(use === "own" ? [...(await examinePrograms(client)), ...(await examineTokens(client))] : []),
			]
		})
	} catch (error) {
		return [risk("low", messageOf(error), "Start it, or give this command its address, and run it again.")]
	} finally {
		await pool.end()
	}
}

/** The connections of our running programs, by the name that each gives. */
const PROGRAMS = { "mcp-observatory alert-webhook": "alert-webhook", "mcp-observatory totals": "exporters" }

/** Whether the programs that run now use roles that own our tables. */
export async function examinePrograms(client: pg.ClientBase): Promise<Risk[]> {
	const { rows } = await client.query<{ program: keyof typeof PROGRAMS; role: string; owns: boolean }>(
		`select distinct a.application_name as program, a.usename as role, pg_has_role(a.usesysid, c.relowner, 'USAGE') as owns
		from pg_stat_activity a, pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'observatory' and c.relname = 'audit_logs'
			and a.datname = current_database() and a.application_name = any ($1) order by 1, 2`,
		[Object.keys(PROGRAMS)],
	)
	return rows.map(({ program, role, owns }) =>
		owns
			? risk(
					"medium",
					`${PROGRAMS[program]} uses role ${role}, which owns our tables: it can switch the guard of the audit log off`,
					"Run core/db/roles.sql, give observatory_webhook and observatory_exporters passwords, and use them in DATABASE_URL.",
				)
			: ok(`${PROGRAMS[program]} uses role ${role}, which owns none of our tables`),
	)
}

/** Tokens of people and programs that stay valid until an administrator thinks of them. */
export async function examineTokens(client: pg.ClientBase): Promise<Risk[]> {
	const table = await client.query<{ found: boolean }>(
		`select has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') as found
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'observatory' and c.relname = 'access_tokens'`,
	)
	if (!table.rows[0]?.found) return []
	const { rows } = await client.query<{ id: string; name: string; role: string }>(
		`select id, name, role from observatory.access_tokens
		where revoked_at is null and expires_at is null order by id limit 50`,
	)
	if (rows.length === 0) return [ok("every access token expires or is revoked")]
	return rows.map(({ id, name, role }) =>
		risk(
			role === "admin" ? "medium" : "low",
			`access token ${id} of ${JSON.stringify(name)} (${role}) never expires`,
			`Issue one with an expiry on the console's page People, then revoke it: POST /api/tokens/${id}/revoke.`,
		),
	)
}

/** Whether a server lets roles in without a password. */
async function examineOpenServer(title: string, variable: string, address: ListenAddress): Promise<Risk[]> {
	const where = `${title} at ${authorityOf(address)}`
	const outcomes = await Promise.all(["postgres", "observatory"].map((role) => entersWithoutPassword(address, role)))
	if (outcomes.every((outcome) => outcome === "absent")) return [ok(`${where}: nothing listens`)]
	const beyond = !["127.0.0.1", "localhost", "::1"].includes(address.host)
	return [
		outcomes.includes("open")
			? risk(
					"high",
					`${where} lets roles in without a password`,
					"Set scram-sha-256 instead of trust in its pg_hba.conf, and reload it.",
				)
			: ok(`${where} asks for a password`),
		...(beyond
			? [risk("medium", `${where} is reachable from other machines`, `Set ${variable}=127.0.0.1:${address.port}.`)]
			: []),
	]
}

async function entersWithoutPassword(address: ListenAddress, role: string): Promise<"absent" | "open" | "closed"> {
	// With any password, a server that trusts every caller lets it in; without one, the driver would not even close.
	const url = `postgres://${role}:any@${authorityOf(clientAddress(address))}/postgres`
	const pool = createPool(url, { applicationName: "mcp-observatory doctor", max: 1 })
	try {
		await pool.query("select 1")
		return "open"
	} catch (error) {
		return /ECONNREFUSED/.test(messageOf(error)) ? "absent" : "closed"
	} finally {
		await pool.end()
	}
}
