import { eq } from "drizzle-orm"
import { auditHead, auditLogs } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { cleanText } from "../../../core/lib/plain-text.ts"
import type { Transaction } from "../../context.ts"
import { type AuditRow, hashOf } from "../../domain/audit-chain.ts"

/** The author of an action. */
export interface Who {
	readonly actor: string
	/** Null for the system's own actions. */
	readonly address: string | null
	/** The actor's personal token; absent or null without one. */
	readonly tokenId?: number | null
}

/** The observatory itself, as an actor. */
export const SYSTEM: Who = { actor: "observatory", address: null }

export interface AuditEntry {
	readonly by: Who
	/** The action, such as `incident.acknowledge`. */
	readonly action: string
	/** Its target, such as `incident:12`. */
	readonly target: string
	readonly details?: Readonly<Record<string, unknown>>
	readonly at: Date
}

/**
 * Adds a link to the audit chain, in the transaction of its action. The chain's head stays locked until the transaction
 * ends, so call it last.
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
		tokenId: entry.by.tokenId ?? null,
		previousHash: head.hash,
	}
	const row = { ...link, hash: hashOf(link) }
	await tx.insert(auditLogs).values(row)
	await tx.update(auditHead).set({ seq: row.seq, hash: row.hash }).where(eq(auditHead.only, true))
	return row
}

/** Details as PostgreSQL will return them: JSON, without characters that it cannot store. */
function asStored(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return JSON.parse(JSON.stringify(details), (_, value: unknown) =>
		typeof value === "string" ? cleanText(value) : value,
	)
}
