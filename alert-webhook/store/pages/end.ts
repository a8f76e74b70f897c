import { and, eq, inArray, isNull, like, sql } from "drizzle-orm"
import { notices } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import type { NoticeKind } from "./count.ts"

export interface EndNotices {
	readonly kinds?: readonly NoticeKind[]
	readonly incidentIds?: readonly number[]
	readonly key?: string
	/** The beginning of keys, up to a word's end. */
	readonly keyPrefix?: string
	/** What became of it, in a sentence that the channels are told. */
	readonly outcome?: string
	readonly now: Date
}

/** Ends the open notices that match all of what is given; Alertmanager tells the channels that they are over. */
export async function endNotices(
	tx: Transaction,
	{ kinds, incidentIds, key, keyPrefix, outcome, now }: EndNotices,
): Promise<void> {
	const rows = await tx
		.update(notices)
		.set({
			// Another replica's clock may have been ahead; Alertmanager refuses an end that is before its start.
			endedAt: sql`greatest(${now}::timestamptz, ${notices.startsAt})`,
			...(outcome === undefined
				? {}
				: { annotations: sql`${notices.annotations} || jsonb_build_object('outcome', ${outcome}::text)` }),
		})
		.where(
			and(
				isNull(notices.endedAt),
				kinds && inArray(notices.kind, [...kinds]),
				incidentIds && inArray(notices.incidentId, [...incidentIds]),
				key === undefined ? undefined : eq(notices.key, key),
				keyPrefix === undefined ? undefined : like(notices.key, `${keyPrefix} %`),
			),
		)
		.returning({ id: notices.id })
	if (rows.length > 0) await enqueue(tx, "notices.send", {}, { key: "now" })
}
