import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import pg from "pg"
import { ObservatoryError } from "../lib/errors.ts"
import * as schema from "./schema/index.ts"

export type Database = NodePgDatabase<typeof schema>

export interface DatabaseOptions {
	/** Shown in pg_stat_activity. */
	readonly applicationName: string
	/** Most connections open at once. */
	readonly max?: number
	/** Milliseconds after which PostgreSQL ends a statement of ours; the answer may take 2 s more. */
	readonly statementTimeoutMs?: number
	/** For `createPipelined`. */
	readonly pipeline?: boolean
}

/** A server that has not ended a statement this long after it should have is silent: frozen, or its host has gone. */
const SILENT_AFTER_MS = 2_000

/**
 * Of a host of ours that vanishes within a transaction PostgreSQL does not learn. Its locks are freed after this: later
 * than any request to the outside takes, and before the statements that wait for them elsewhere run out of time.
 */
const IDLE_IN_TRANSACTION_MS = 12_000

/**
 * A pool with bounded waits: connecting fails after 5 s, a statement at its timeout, whether the server still
 * answers or not, and the locks of an abandoned transaction are free after 12 s. Idle errors do not end the
 * process.
 */
export function createPool(url: string, options: DatabaseOptions): pg.Pool {
	const statementTimeoutMs = options.statementTimeoutMs ?? 15_000
	const pool = new pg.Pool({
		connectionString: url,
		application_name: options.applicationName,
		max: options.max ?? 5,
		connectionTimeoutMillis: 5_000,
		idleTimeoutMillis: 30_000,
		statement_timeout: statementTimeoutMs,
		query_timeout: statementTimeoutMs + SILENT_AFTER_MS,
		idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
		keepAlive: true,
		...(options.pipeline ? { pipeline: true, options: "-c default_transaction_read_only=on" } : {}),
	})
	// A connection that breaks while idle is replaced at the next use; that use reports what is wrong.
	pool.on("error", () => undefined)
	// The same for one that breaks between two statements of a transaction, which the pool does not listen to.
	pool.on("connect", (client) => client.on("error", () => undefined))
	pool.on("connect", endWhenSilent)
	return pool
}

const READ_TIMEOUT = "Query read timeout"

/**
 * Ends a connection on which an answer has not come in time. The driver by itself keeps it, and whatever is asked next,
 * the rollback first of all, waits behind that answer; ended, no pool takes it back either.
 */
function endWhenSilent(client: pg.PoolClient): void {
	const query: (...args: unknown[]) => unknown = client.query.bind(client)
	const bounded = (...args: unknown[]) => {
		const answer = query(...args)
		if (answer instanceof Promise)
			answer.catch((error: unknown) => {
				if (error instanceof Error && error.message === READ_TIMEOUT) void (client as unknown as pg.Client).end()
			})
		return answer
	}
	client.query = bounded as typeof client.query
}

/**
 * Drizzle on a pool. A transaction releases its connection however it ends: drizzle itself never releases one whose
 * `begin` fails, as it does when the server went away, until the pool has none left.
 */
export function createDatabase(pool: pg.Pool): Database {
	const on = perClient()
	const database: Database = drizzle(pool, { schema })
	database.transaction = async (work, config) => {
		const client = await pool.connect()
		try {
			const result = await on(client).transaction(work, config)
			client.release()
			return result
		} catch (error) {
			// A connection that may be broken, or still within the transaction, must not meet the next one.
			client.release(!(error instanceof ObservatoryError))
			throw error
		}
	}
	return database
}

/** A transaction, as drizzle hands it to the function that runs inside it. */
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0]

/** Transactions only. */
export interface Pipelined {
	transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

/**
 * Transactions on a pool with `pipeline`, where statements are sent without waiting for the answers to those before
 * them, from `begin` on: each answer that is not waited for saves one turn of a busy event loop. Should `begin` alone
 * fail, nothing is written, because such connections only read outside of a transaction.
 */
export function createPipelined(pool: pg.Pool): Pipelined {
	const on = perClient()
	return {
		async transaction(work) {
			const client = await pool.connect()
			try {
				// A database on one connection does all that a transaction of drizzle's does, except to end it.
				const tx = on(client) as unknown as Transaction
				const [, result] = await Promise.all([client.query("begin read write"), work(tx)])
				await client.query("commit")
				client.release()
				return result
			} catch (error) {
				// Without the connection the server rolls back.
				client.release(true)
				throw error
			}
		},
	}
}

/** Drizzle on one connection, made once for each. */
function perClient(): (client: pg.PoolClient) => Database {
	const made = new WeakMap<pg.PoolClient, Database>()
	return (client) => {
		const database = made.get(client) ?? drizzle(client, { schema })
		made.set(client, database)
		return database
	}
}

/** What the driver itself says about its connection carries no code. */
const DRIVER_COMPLAINT = new RegExp(
	`^(timeout exceeded when trying to connect|Connection terminated|Client (has encountered a connection error|was closed)|${READ_TIMEOUT})`,
)

/**
 * SQLSTATE classes and socket errors, turned into what a person can act on. Anything else is returned as it is, an error
 * that has been explained already among it: of two databases it names the one that failed.
 */
export function databaseError(error: unknown, what: string): unknown {
	if (error instanceof ObservatoryError) return error
	const { code, message } = rootCause(error) as { code?: string; message?: string }
	if (code === undefined) return DRIVER_COMPLAINT.test(message ?? "") ? unreachable(error, what) : error
	if (/^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|ECONNRESET|EAI_AGAIN)$/.test(code))
		return unreachable(error, what)
	if (/^28/.test(code))
		return new ObservatoryError("database_forbidden", `${what}: PostgreSQL refused the user or the password`, {
			advice: "Correct the user name and password in the connection string.",
			cause: error,
		})
	if (code === "3D000")
		return new ObservatoryError("database_unreachable", `${what}: the database does not exist`, {
			advice: "Create it (createdb NAME) or correct the name at the end of the connection string.",
			cause: error,
		})
	if (code === "42501")
		return new ObservatoryError("database_forbidden", `${what}: the user lacks a right`, {
			advice: "Grant what is missing; for our own tables the user needs CREATE on the database.",
			cause: error,
		})
	if (/^(42P01|42703|3F000|42883|42804)$/.test(code))
		return new ObservatoryError(
			"database_wrong_schema",
			`${what}: a table, view or column is missing or of another type`,
			{
				advice: "Run `npm run doctor`: it names what is missing and how to get it.",
				cause: error,
			},
		)
	if (code === "42P16")
		return new ObservatoryError(
			"database_wrong_schema",
			`${what}: a view has other columns and cannot be changed where it is`,
			{
				advice: "Let the owner of the views run: npm run --silent doctor -- --sql | psql DATABASE",
				cause: error,
			},
		)
	if (code === "2BP01" || (code === "0A000" && /used by a view/.test(message ?? "")))
		return new ObservatoryError("conflict", `${what}: something else depends on what has to change`, {
			advice:
				"The message names it. Save its definition, drop it, do this again, then create it again. Views in schema contract: drop schema contract cascade; the exporters make them again within a minute.",
			cause: error,
		})
	if (/^(42P07|42809|42710)$/.test(code))
		return new ObservatoryError("conflict", `${what}: something else has that name`, {
			advice: "The message names it. Rename it or drop it, then do this again.",
			cause: error,
		})
	if (code === "25006")
		return new ObservatoryError("database_unreachable", `${what}: the database can only be read`, {
			advice:
				"It may be a standby, or default_transaction_read_only is on. Point DATABASE_URL at the primary, or switch that off; then repeat this.",
			cause: error,
		})
	if (code === "53100")
		return new ObservatoryError("database_unreachable", `${what}: PostgreSQL's disk is full`, {
			advice: "Free space on the disk of its data directory; then repeat this.",
			cause: error,
		})
	if (/^(08|57P|53)/.test(code))
		return new ObservatoryError("database_unreachable", `${what}: PostgreSQL is not accepting work`, {
			advice: "It may be starting, stopping or out of connections; see its log.",
			cause: error,
		})
	if (/^(57014|55P03|40P01|25P03)$/.test(code))
		return new ObservatoryError("unavailable", `${what}: PostgreSQL did not get it done in time`, {
			advice: "It is overloaded, or another session holds a lock; pg_stat_activity shows which. Ask again later.",
			cause: error,
		})
	return error
}

const unreachable = (error: unknown, what: string) =>
	new ObservatoryError("database_unreachable", `${what}: PostgreSQL cannot be reached`, {
		advice: "Check that it runs and that the host and port of the connection string are right.",
		cause: error,
	})

/** Drizzle wraps the driver's error; the SQLSTATE is on the innermost one. */
function rootCause(error: unknown): object {
	let current = error
	while (current instanceof Error && current.cause instanceof Error) current = current.cause
	if (current instanceof AggregateError && current.errors[0] instanceof Error) return current.errors[0]
	return typeof current === "object" && current !== null ? current : {}
}
