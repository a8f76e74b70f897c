import { sql } from "drizzle-orm"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Transaction } from "../context.ts"

/** Work that one replica does at a time. */
export type Work = "silences" | "pages" | "sessions" | "workflow" | "brakes"

/**
 * Locks a kind of work until the end of the transaction, or of its process. Does not wait: `false` when another replica
 * has the lock.
 */
export async function tryLock(tx: Transaction, what: Work): Promise<boolean> {
	const { rows } = await tx.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(${lockOf(what)}) as mine`)
	return rows[0]?.mine ?? false
}

/**
 * Waits for the lock of a kind of work.
 *
 * @throws ObservatoryError `unavailable` when another replica has not released it after `ms`
 */
export async function waitForLock(tx: Transaction, what: Work, ms: number): Promise<void> {
	await tx.execute(sql.raw(`set local lock_timeout = ${ms}`))
	try {
		await tx.execute(sql`select pg_advisory_xact_lock(${lockOf(what)})`)
	} catch (error) {
		throw new ObservatoryError("unavailable", `another replica works on the ${what} for longer than ${ms / 1000} s`, {
			advice: "Try again in a moment.",
			cause: error,
		})
	}
	await tx.execute(sql`set local lock_timeout to default`)
}

const lockOf = (what: Work) => sql`hashtextextended(${`mcp-observatory ${what}`}, 0)`
