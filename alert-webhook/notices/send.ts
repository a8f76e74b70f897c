import { and, gt, inArray, isNull, or, sql } from "drizzle-orm"
import { notices } from "../../core/db/schema/index.ts"
import type { Context } from "../context.ts"

/** Alertmanager takes a notice as over when it has not been repeated for this long. */
const STANDS_MS = 5 * 60_000
/** How long the end of a notice is repeated. */
const END_REPEATED_MS = 5 * 60_000

/**
 * Tells Alertmanager every notice that stands, and those that ended a short while ago, as Prometheus does with its
 * alerts: an Alertmanager that was down, or has lost its memory, has them all again after one round. State is read
 * right before it is told. What has ended is told even if nothing says that it was told before, for whoever told it may
 * have died in between: of an alert that it does not know Alertmanager keeps the end to itself.
 */
export async function sendNotices(ctx: Context): Promise<void> {
	const now = ctx.clock.now()
	const due = await ctx.db
		.select()
		.from(notices)
		.where(or(isNull(notices.endedAt), gt(notices.endedAt, new Date(now - END_REPEATED_MS))))
		// Ends first: no page about something new names what is over.
		.orderBy(sql`${notices.endedAt} asc nulls last`, notices.id)
	if (due.length === 0) return
	ctx.reached("notices.read")
	await ctx.outside.alertmanager.post(
		due.map(({ labels, annotations, startsAt, endedAt }) => ({
			labels,
			annotations,
			startsAt: startsAt.toISOString(),
			endsAt: (endedAt ?? new Date(now + STANDS_MS)).toISOString(),
			generatorURL: annotations.console_url ?? "",
		})),
	)
	ctx.reached("notices.posted")
	const unsent = due.filter((notice) => notice.sentAt === null).map((notice) => notice.id)
	if (unsent.length > 0)
		await ctx.db
			.update(notices)
			.set({ sentAt: new Date(now) })
			.where(and(inArray(notices.id, unsent), isNull(notices.sentAt)))
	ctx.reached("notices.marked")
}
