import type { Database } from "../../../core/db/client.ts"
import { inbox } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"

export interface MessageInput {
	readonly channel: string
	/** The same digest is the same message, however often it is delivered. */
	readonly digest: string
	readonly status: string
	readonly title: string
	readonly body: Record<string, unknown>
	readonly now: Date
}

/** Adds a message to the inbox. Returns false for a repeat. */
export async function recordMessage(db: Database | Transaction, { now, ...message }: MessageInput): Promise<boolean> {
	const rows = await db
		.insert(inbox)
		.values({ ...message, receivedAt: now })
		.onConflictDoNothing()
		.returning({ id: inbox.id })
	return rows.length > 0
}
