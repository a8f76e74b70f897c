import { eq } from "drizzle-orm"
import { auditHead, auditLogs } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Transaction } from "../../context.ts"
import { type AuditRow, hashOf } from "../../domain/audit-chain.ts"
import { cleanText } from "../../domain/text.ts"

/** Who does something. */
export interface Who {
	readonly actor: string
	/** Null for what the system does by itself. */
	readonly address: string | null
}

/** The observatory itself, as an actor. */
export const SYSTEM: Who = { actor: "observatory", address: null }

export interface AuditEntry {
	readonly by: Who
	/** What was done, such as `incident.acknowledge`. */
	readonly action: string
	/** What it was done to, such as `incident:12`. */
	readonly target: string
	readonly details?: Readonly<Record<string, unknown>>
	readonly at: Date
}

/**
 * Adds a link to the audit chain, in the transaction of what it speaks of: both happen or neither. The chain's end
 * stays locked until the transaction is over, so call it last.
 */
export async function appendAudit(tx: Transaction, entry: AuditEntry): Promise<AuditRow> {
	const [head] = await tx.select().from(auditHead).for("update")
	if (!head)
		throw new ObservatoryError("database_wrong_schema", "The end of the audit chain is missing.", {
			advice: "Run npm run audit -- verify, and restore the table observatory.audit_head.",
		})
	const link = {
		seq: head.seq + 1,
		at: entry.at,
		actor: cleanText(entry.by.actor),
		action: entry.action,
		target: cleanText(entry.target),
		details: asStored(entry.details ?? {}),
		address: entry.by.address,
		previousHash: head.hash,
	}
	const row = { ...link, hash: hashOf(link) }
	await tx.insert(auditLogs).values(row)
	await tx.update(auditHead).set({ seq: row.seq, hash: row.hash }).where(eq(auditHead.only, true))
	return row
}

/** Details as they come back from PostgreSQL: JSON, without what it cannot hold. */
function asStored(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return JSON.parse(JSON.stringify(details), (_, value: unknown) =>
		typeof value === "string" ? cleanText(value) : value,
	)
}
