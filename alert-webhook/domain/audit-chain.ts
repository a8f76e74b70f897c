import { createHash } from "node:crypto"
import type { auditLogs } from "../../core/db/schema/index.ts"

export type AuditRow = typeof auditLogs.$inferSelect

/** The hash before the first link. */
export const GENESIS = "0".repeat(64)

/** A value with sorted keys, as JSON represents it: a value that PostgreSQL returns has the same hash. */
export function canonical(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === "object" && inner !== null && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	)
}

/** The hash of a link: SHA-256, in hexadecimal, of its canonical JSON, which contains the previous hash. */
export function hashOf({
	seq,
	at,
	actor,
	action,
	target,
	details,
	address,
	tokenId,
	previousHash,
}: Omit<AuditRow, "hash">): string {
	// Entries of earlier releases have no token, and their hashes do not cover one.
	const token = tokenId === null ? {} : { tokenId }
	const link = { seq, at: at.toISOString(), actor, action, target, details, address, ...token, previousHash }
	return createHash("sha256").update(canonical(link)).digest("hex")
}

export interface ChainEnd {
	readonly seq: number
	readonly hash: string
}

/** The fault of a row as the next link after `end`; undefined when it has none. */
export function flawOf(row: AuditRow, end: ChainEnd): string | undefined {
	if (row.seq !== end.seq + 1) return `entry ${end.seq + 1} is missing`
	if (row.previousHash !== end.hash)
		return `entry ${row.seq} does not follow entry ${end.seq}: one of them was replaced`
	if (row.hash !== hashOf(row)) return `entry ${row.seq} was changed after it was written`
	return undefined
}
