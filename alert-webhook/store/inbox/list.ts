import { and, count, desc, eq, isNull, lt } from "drizzle-orm"
import { inbox } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

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
