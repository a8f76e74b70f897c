import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import pg from "pg"
import { messageOf, ObservatoryError } from "../lib/errors.ts"
import { READ_TIMEOUT } from "./database-error.ts"
import * as schema from "./schema/index.ts"
import { rememberShortages } from "./shortage.ts"

export { databaseError } from "./database-error.ts"

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
	const pool = new LimitedPool({
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
	pool.on("connect", (client) => pool.limit(client))
	return pool
}

/** What a pooler such as PgBouncer says to a parameter that it does not pass on. */
const REFUSED_PARAMETER = /unsupported startup parameter/

/**
 * Asks for its limits when it connects. Poolers refuse that, and share a server's connection between transactions: then
 * each transaction asks for them when it begins.
 */
class LimitedPool extends pg.Pool {
	#limits = ""
	readonly #note = rememberShortages(this)

	override connect(): Promise<pg.PoolClient>
	override connect(callback: ConnectCallback): void
	override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
		const connected = super.connect().catch((error: unknown) => {
			this.#note(error)
			if (this.#limits !== "" || !REFUSED_PARAMETER.test(messageOf(error))) throw error
			this.#limitTransactions()
			return super.connect()
		})
		if (callback === undefined) return connected
		connected.then(
			(client) => callback(undefined, client, (broken) => client.release(broken)),
			(error: Error) => callback(error, undefined, () => undefined),
		)
		return undefined
	}

	/** Adds the limits to the beginning of a connection's transactions, behind a pooler. */
	limit(client: pg.PoolClient): void {
		if (this.#limits === "") return
		const query: (...args: unknown[]) => unknown = client.query.bind(client)
		const limited = (first: unknown, ...rest: unknown[]) => query(this.#limited(first), ...rest)
		client.query = limited as typeof client.query
	}

	#limited(query: unknown): unknown {
		if (typeof query === "string") return /^begin\b/i.test(query) ? `${query}; ${this.#limits}` : query
		if (typeof query !== "object" || query === null || !("text" in query)) return query
		return { ...query, text: this.#limited(query.text) }
	}

	#limitTransactions(): void {
		const { statement_timeout, idle_in_transaction_session_timeout } = this.options
		this.#limits = `set local statement_timeout = ${Number(statement_timeout)}; set local idle_in_transaction_session_timeout = ${Number(idle_in_transaction_session_timeout)}`
		Object.assign(this.options, { statement_timeout: undefined, idle_in_transaction_session_timeout: undefined })
	}
}

type ConnectCallback = (
	error: Error | undefined,
	client: pg.PoolClient | undefined,
	release: (broken?: boolean | Error) => void,
) => void

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
