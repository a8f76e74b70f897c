import { sql } from "drizzle-orm"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Transaction } from "../context.ts"

/** What only one of all replicas does at a time. */
export type Turn = "silences" | "notices" | "sessions" | "workflow"

/**
 * Whether this transaction, until it is over, is the only one of all replicas that does something. Nobody waits: whoever
 * is not gets `false`. It is over as well when its process dies.
 */
export async function isMyTurn(tx: Transaction, what: Turn): Promise<boolean> {
	const { rows } = await tx.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(${lockOf(what)}) as mine`)
	return rows[0]?.mine ?? false
}

/**
 * Waits until this transaction is the only one that does something. Whoever asks without waiting comes after it.
 *
 * @throws ObservatoryError `unavailable` when it is still somebody else's turn after `ms`
 */
export async function awaitTurn(tx: Transaction, what: Turn, ms: number): Promise<void> {
	await tx.execute(sql.raw(`set local lock_timeout = ${ms}`))
	try {
		await tx.execute(sql`select pg_advisory_xact_lock(${lockOf(what)})`)
	} catch (error) {
		throw new ObservatoryError("unavailable", `somebody else is busy with the ${what} for longer than ${ms / 1000} s`, {
			advice: "Try again in a moment.",
			cause: error,
		})
	}
	await tx.execute(sql`set local lock_timeout to default`)
}

const lockOf = (what: Turn) => sql`hashtextextended(${`mcp-observatory ${what}`}, 0)`
