import { auditHead } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { type ChainEnd, flawOf, GENESIS } from "../../domain/audit-chain.ts"
import { allEntries } from "./read.ts"

export type Verdict =
	| { readonly whole: true; readonly end: ChainEnd }
	| { readonly whole: false; readonly end: ChainEnd; readonly flaw: string }

/**
 * Verifies the chain from its first link and stops at the first broken one. `known` are heads that were stored
 * elsewhere: they also reveal a chain that was rewritten from some point on.
 */
export async function verifyAudit(ctx: Pick<Context, "db">, known: readonly ChainEnd[] = []): Promise<Verdict> {
	// Read first: entries that are added during the verification come after this end.
	const [head] = await ctx.db.select().from(auditHead)
	let end: ChainEnd = { seq: 0, hash: GENESIS }
	for await (const row of allEntries(ctx)) {
		const flaw = flawOf(row, end) ?? mismatch(row, [...known, ...(head ? [head] : [])])
		if (flaw !== undefined) return { whole: false, end, flaw }
		end = { seq: row.seq, hash: row.hash }
	}
	if (!head) return { whole: false, end, flaw: "the record of the chain's end is missing" }
	const furthest = Math.max(head.seq, ...known.map(({ seq }) => seq))
	if (end.seq < furthest) return { whole: false, end, flaw: `entries ${end.seq + 1} to ${furthest} are missing` }
	return { whole: true, end }
}

function mismatch(row: ChainEnd, known: readonly ChainEnd[]): string | undefined {
	const other = known.find(({ seq, hash }) => seq === row.seq && hash !== row.hash)
	return other && `entry ${row.seq} is not the one that was written down: the chain was rewritten up to here`
}
