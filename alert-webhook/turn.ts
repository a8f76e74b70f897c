import { sql } from "drizzle-orm"
import type { Transaction } from "./context.ts"

/**
 * Whether this transaction, until it is over, is the only one of all replicas that does something. Nobody waits: whoever
 * is not gets `false`. It is over as well when its process dies.
 */
export async function isMyTurn(tx: Transaction, what: "silences" | "notices"): Promise<boolean> {
	const { rows } = await tx.execute<{ mine: boolean }>(
		sql`select pg_try_advisory_xact_lock(hashtextextended(${`mcp-observatory ${what}`}, 0)) as mine`,
	)
	return rows[0]?.mine ?? false
}
