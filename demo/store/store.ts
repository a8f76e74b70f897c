import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import type { Database } from "../../core/db/client.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { isPassing } from "./passing.ts"

export type Tx = Parameters<Parameters<Database["transaction"]>[0]>[0]

/** What may come back from a write: it is kept in the journal as JSON. */
export type Kept = string | number | boolean | null | readonly Kept[] | { readonly [key: string]: Kept }

/** The database, however often it is away. */
export interface Store {
	/**
	 * Commits a piece of work exactly once under its key, trying until the database takes it. When a commit succeeded
	 * but its answer was lost, the next attempt finds the key in the journal and returns the first one's result.
	 * Rejects when the demo stops, or when the database refuses the work itself.
	 */
	once<T extends Kept>(key: string, work: (tx: Tx) => Promise<T>): Promise<T>
	/** Reads, trying until the database answers. */
	read<T>(query: (db: Database) => Promise<T>): Promise<T>
	/** False from the first failed attempt until one succeeds. */
	available(): boolean
}

const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 5_000

export function createStore(db: Database, log: Logger, signal: AbortSignal): Store {
	let away = false
	const persistently = async <T>(attempt: () => Promise<T>): Promise<T> => {
		for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
			signal.throwIfAborted()
			try {
				const result = await attempt()
				if (away) log.info("the database is back")
				away = false
				return result
			} catch (error) {
				if (!isPassing(error)) throw error
				if (!away) log.warn({ problem: messageOf(innermost(error)) }, "the database is away; work waits for it")
				away = true
			}
			await sleep(delay, undefined, { signal })
		}
	}
	return {
		once: (key, work) => persistently(() => commitOnce(db, key, work)),
		read: (query) => persistently(() => query(db)),
		available: () => !away,
	}
}

function commitOnce<T extends Kept>(db: Database, key: string, work: (tx: Tx) => Promise<T>): Promise<T> {
	return db.transaction(async (tx) => {
		const claim = await tx.execute(
			sql`insert into demo.writes (key) values (${key}) on conflict do nothing returning key`,
		)
		if (claim.rows.length === 0) {
			const earlier = await tx.execute<{ result: T }>(sql`select result from demo.writes where key = ${key}`)
			return earlier.rows[0]?.result as T
		}
		const result = await work(tx)
		await tx.execute(sql`update demo.writes set result = ${JSON.stringify(result)}::jsonb where key = ${key}`)
		return result
	})
}

/** What the driver said: the layers above it repeat the whole statement. */
function innermost(error: unknown): unknown {
	let current = error
	while (current instanceof Error && current.cause instanceof Error) current = current.cause
	return current
}
