import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import type { Database } from "../../core/db/client.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { isTransient } from "./transient.ts"

export type Tx = Parameters<Parameters<Database["transaction"]>[0]>[0]

/** The result of a write; the journal stores it as JSON. */
export type JsonResult =
	| string
	| number
	| boolean
	| null
	| readonly JsonResult[]
	| { readonly [key: string]: JsonResult }

/** Access to the database that retries through outages. */
export interface Store {
	/**
	 * Commits `work` exactly once for its key and retries until the database accepts it. When a commit succeeds but its
	 * answer is lost, the next attempt finds the key in the journal and returns the first result.
	 * Rejects when the demo stops, or when the database refuses the statements.
	 */
	once<T extends JsonResult>(key: string, work: (tx: Tx) => Promise<T>): Promise<T>
	/** Reads, and retries until the database answers. */
	read<T>(query: (db: Database) => Promise<T>): Promise<T>
	/** False from the first failed attempt until one succeeds. */
	available(): boolean
}

const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 5_000

export function createStore(db: Database, log: Logger, signal: AbortSignal): Store {
	let unreachable = false
	const untilAvailable = async <T>(attempt: () => Promise<T>): Promise<T> => {
		for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
			signal.throwIfAborted()
			try {
				const result = await attempt()
				if (unreachable) log.info("database reachable again")
				unreachable = false
				return result
			} catch (error) {
				if (!isTransient(error)) throw error
				if (!unreachable) log.warn({ problem: messageOf(innermost(error)) }, "database unreachable; retrying")
				unreachable = true
			}
			await sleep(delay, undefined, { signal })
		}
	}
	return {
		once: (key, work) => untilAvailable(() => commitOnce(db, key, work)),
		read: (query) => untilAvailable(() => query(db)),
		available: () => !unreachable,
	}
}

function commitOnce<T extends JsonResult>(db: Database, key: string, work: (tx: Tx) => Promise<T>): Promise<T> {
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

/** The driver's own error: the layers above it repeat the whole statement. */
function innermost(error: unknown): unknown {
	let current = error
	while (current instanceof Error && current.cause instanceof Error) current = current.cause
	return current
}
