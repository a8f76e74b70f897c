import { and, gt, inArray, isNull, or, sql } from "drizzle-orm"
import { pages } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { tryLock } from "../../store/advisory-lock.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { channelsOf, withoutReceiver } from "../../store/pages/channels.ts"

/** Alertmanager resolves a page that has not been repeated for this long. */
const PAGE_MS = 5 * 60_000
/** How long the end of a page is repeated. */
const END_REPEATED_MS = 5 * 60_000
/** A replica that finds another one sending checks again after this. */
const AGAIN_MS = 500

/**
 * Sends Alertmanager every open page, and those that ended a short while ago, as Prometheus does with its alerts: an
 * Alertmanager that was down, or has lost its memory, is complete after one round. The state is read right before it is
 * sent, by one sender at a time: an older state must not arrive after a newer one, or an acknowledged page would start
 * again.
 */
export async function sendPages(ctx: Context): Promise<void> {
	const sent = await ctx.db.transaction(async (tx) => ((await isOnlySender(tx)) ? sendOpen(tx, ctx) : undefined))
	// The other sender may have read before this page was stored. Nothing waits for it.
	if (sent === undefined)
		await ctx.db.transaction((tx) => enqueue(tx, "pages.send", {}, { key: "now", inMs: AGAIN_MS }))
	else if (sent > 0) ctx.reached("pages.marked")
}

/**
 * The database does not notice that a host has vanished: this releases its lock, after longer than any request takes.
 */
async function isOnlySender(tx: Transaction): Promise<boolean> {
	await tx.execute(sql`set local idle_in_transaction_session_timeout = '20s'`)
	return tryLock(tx, "pages")
}

/**
 * An ended page is sent even if it is not marked as sent, because its sender may have died in between: Alertmanager
 * does not notify of the end of an alert that it does not know. A page on a channel without a receiver is sent, but
 * does not count as sent. Returns how many were sent for the first time.
 */
async function sendOpen(tx: Transaction, ctx: Context): Promise<number> {
	const now = ctx.clock.now()
	const due = await tx
		.select()
		.from(pages)
		.where(or(isNull(pages.endedAt), gt(pages.endedAt, new Date(now - END_REPEATED_MS))))
		// Ends first: no page about a new incident names a resolved one.
		.orderBy(sql`${pages.endedAt} asc nulls last`, pages.id)
	if (due.length === 0) return 0
	ctx.reached("pages.read")
	// No row is locked: an acknowledgement does not wait for an Alertmanager that hangs.
	await ctx.clients.alertmanager.post(
		due.map(({ labels, annotations, startsAt, endedAt }) => ({
			labels,
			annotations,
			startsAt: startsAt.toISOString(),
			endsAt: (endedAt ?? new Date(now + PAGE_MS)).toISOString(),
			generatorURL: annotations.console_url ?? "",
		})),
	)
	ctx.reached("pages.posted")
	const waiting = due.filter((page) => page.sentAt === null)
	const unrouted =
		waiting.length > 0 ? await withoutReceiver(ctx.clients.alertmanager, waiting.flatMap(channelsOf)) : []
	const sent = waiting.filter((one) => !channelsOf(one).some((name) => unrouted.includes(name))).map(({ id }) => id)
	if (sent.length > 0)
		await tx
			.update(pages)
			.set({ sentAt: new Date(now) })
			.where(and(inArray(pages.id, sent), isNull(pages.sentAt)))
	return sent.length
}
