import { and, gt, inArray, isNull, or, sql } from "drizzle-orm"
import { notices } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { isMyTurn } from "../../store/advisory-lock.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { channelsOf, withoutReceiver } from "../../store/pages/channels.ts"

/** Alertmanager takes a notice as over when it has not been repeated for this long. */
const STANDS_MS = 5 * 60_000
/** How long the end of a notice is repeated. */
const END_REPEATED_MS = 5 * 60_000
/** After this, whoever finds another one sending looks again. */
const AGAIN_MS = 500

/**
 * Tells Alertmanager every notice that stands, and those that ended a short while ago, as Prometheus does with its
 * alerts: an Alertmanager that was down, or has lost its memory, has them all again after one round. State is read
 * right before it is told, by one sender at a time: what one has read must not arrive after what another read later,
 * or an acknowledged page would begin again.
 */
export async function sendNotices(ctx: Context): Promise<void> {
	const told = await ctx.db.transaction(async (tx) => ((await isOnlySender(tx)) ? tell(tx, ctx) : undefined))
	// The other one may have read before there was anything for this one to tell. Nobody waits for it meanwhile.
	if (told === undefined)
		await ctx.db.transaction((tx) => enqueue(tx, "notices.send", {}, { key: "now", inMs: AGAIN_MS }))
	else if (told > 0) ctx.reached("notices.marked")
}

/** Of a host that has vanished the database does not learn: its turn is over after longer than any post takes. */
async function isOnlySender(tx: Transaction): Promise<boolean> {
	await tx.execute(sql`set local idle_in_transaction_session_timeout = '20s'`)
	return isMyTurn(tx, "notices")
}

/**
 * What has ended is told even if nothing says that it was told before, for whoever told it may have died in between: of
 * an alert that it does not know Alertmanager keeps the end to itself. What names a channel that Alertmanager has no
 * receiver for is told, but does not count as sent. Returns how many were sent for the first time.
 */
async function tell(tx: Transaction, ctx: Context): Promise<number> {
	const now = ctx.clock.now()
	const due = await tx
		.select()
		.from(notices)
		.where(or(isNull(notices.endedAt), gt(notices.endedAt, new Date(now - END_REPEATED_MS))))
		// Ends first: no page about something new names what is over.
		.orderBy(sql`${notices.endedAt} asc nulls last`, notices.id)
	if (due.length === 0) return 0
	ctx.reached("notices.read")
	// No row is locked: nobody who takes an incident waits for an Alertmanager that hangs.
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
	const waiting = due.filter((notice) => notice.sentAt === null)
	const unheard = waiting.length > 0 ? await withoutReceiver(ctx.outside.alertmanager, waiting.flatMap(channelsOf)) : []
	const sent = waiting.filter((one) => !channelsOf(one).some((name) => unheard.includes(name))).map(({ id }) => id)
	if (sent.length > 0)
		await tx
			.update(notices)
			.set({ sentAt: new Date(now) })
			.where(and(inArray(notices.id, sent), isNull(notices.sentAt)))
	return sent.length
}
