import { and, count, desc, eq, isNull, lt, lte } from "drizzle-orm"
import type { Database } from "../../core/db/client.ts"
import { inbox } from "../../core/db/schema/index.ts"
import type { Context, Transaction } from "../context.ts"

export type Message = typeof inbox.$inferSelect

export interface ListMessages {
	readonly channel?: string | undefined
	readonly unread?: boolean | undefined
	readonly limit: number
	/** The id of the last message of the page before. */
	readonly cursor?: number | undefined
}

/** Messages, newest first. */
export function listMessages({ db }: Pick<Context, "db">, { channel, unread, limit, cursor }: ListMessages) {
	return db
		.select()
		.from(inbox)
		.where(
			and(
				channel === undefined ? undefined : eq(inbox.channel, channel),
				unread ? isNull(inbox.readAt) : undefined,
				cursor === undefined ? undefined : lt(inbox.id, cursor),
			),
		)
		.orderBy(desc(inbox.id))
		.limit(limit)
}

export async function countUnread({ db }: Pick<Context, "db">): Promise<number> {
	const [row] = await db.select({ n: count() }).from(inbox).where(isNull(inbox.readAt))
	return row?.n ?? 0
}

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

/** One message, or all up to and including one: later messages stay unread. */
export type MarkRead = { readonly id: number } | { readonly upTo: number }

/** Marks messages read; returns how many were unread until now. */
export async function markRead(ctx: Context, input: MarkRead): Promise<number> {
	const which = "id" in input ? eq(inbox.id, input.id) : lte(inbox.id, input.upTo)
	const rows = await ctx.db
		.update(inbox)
		.set({ readAt: new Date(ctx.clock.now()) })
		.where(and(which, isNull(inbox.readAt)))
		.returning({ id: inbox.id })
	return rows.length
}
