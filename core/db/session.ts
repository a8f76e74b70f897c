import type pg from "pg"
import { messageOf, ObservatoryError } from "../lib/errors.ts"
import { databaseError } from "./client.ts"

export interface SessionOptions {
	/** Description of the work, for errors. */
	readonly what: string
	/** Closes the connection, and aborts its statement, when aborted. */
	readonly signal: AbortSignal
}

/**
 * Runs `work` on a connection of the pool. When `work` fails or `signal` aborts, the connection is closed instead of
 * returned, so that no statement or transaction stays open.
 *
 * @throws ObservatoryError for errors that a person can fix, otherwise the error of `work`
 */
async function withClient<T>(
	pool: pg.Pool,
	{ what, signal }: SessionOptions,
	work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
	let client: pg.PoolClient
	try {
		client = await pool.connect()
	} catch (error) {
		throw connectError(error, what)
	}
	let released = false
	// A broken connection must not end the process; the query that uses it reports the error.
	const ignore = () => undefined
	const release = (broken: boolean) => {
		if (released) return
		released = true
		if (!broken) client.removeListener("error", ignore)
		client.release(broken)
	}
	const abort = () => release(true)
	client.on("error", ignore)
	signal.addEventListener("abort", abort, { once: true })
	try {
		signal.throwIfAborted()
		const result = await work(client)
		release(false)
		return result
	} catch (error) {
		throw databaseError(error, what)
	} finally {
		release(true)
		signal.removeEventListener("abort", abort)
	}
}

/** Runs `work` in a transaction that commits when it returns. */
export const inTransaction = <T>(
	pool: pg.Pool,
	options: SessionOptions,
	work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> => transaction("begin", pool, options, work)

/** Runs `work` on one consistent read-only snapshot of the database. */
export const onSnapshot = <T>(
	pool: pg.Pool,
	options: SessionOptions,
	work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> => transaction("begin isolation level repeatable read read only", pool, options, work)

const transaction = <T>(
	begin: string,
	pool: pg.Pool,
	options: SessionOptions,
	work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> =>
	withClient(pool, options, async (client) => {
		await client.query(begin)
		try {
			const result = await work(client)
			await client.query("commit")
			return result
		} catch (error) {
			// Closing alone leaves locks until the server notices. A broken connection needs neither.
			await client.query("rollback").catch(() => undefined)
			throw error
		}
	})

/** pg's own timeout while connecting carries no code. */
function connectError(error: unknown, what: string): unknown {
	if (!/timeout exceeded when trying to connect|Connection terminated due to connection timeout/.test(messageOf(error)))
		return databaseError(error, what)
	return new ObservatoryError("database_unreachable", `${what}: PostgreSQL did not answer`, {
		advice: "Check that it runs, that nothing drops packets on the way, and that it has connections left.",
		cause: error,
	})
}
