import { and, eq, isNull, lte } from "drizzle-orm"
import { inbox } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

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
