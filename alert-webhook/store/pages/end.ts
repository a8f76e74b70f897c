import { and, eq, inArray, isNull, like, sql } from "drizzle-orm"
import { pages } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import { enqueue } from "../jobs/enqueue.ts"
import type { PageKind } from "./count.ts"

export interface EndPages {
	readonly kinds?: readonly PageKind[]
	readonly incidentIds?: readonly number[]
	readonly key?: string
	/** The first words of keys. */
	readonly keyPrefix?: string
	/** The outcome, in a sentence for the channels. */
	readonly outcome?: string
	readonly now: Date
}

/** Ends the open pages that match every filter; Alertmanager sends the channels a resolved notification. */
export async function endPages(
	tx: Transaction,
	{ kinds, incidentIds, key, keyPrefix, outcome, now }: EndPages,
): Promise<void> {
	const rows = await tx
		.update(pages)
		.set({
			// Another replica's clock may have been ahead; Alertmanager rejects an end before the start.
			endedAt: sql`greatest(${now}::timestamptz, ${pages.startsAt})`,
			...(outcome === undefined
				? {}
				: { annotations: sql`${pages.annotations} || jsonb_build_object('outcome', ${outcome}::text)` }),
		})
		.where(
			and(
				isNull(pages.endedAt),
				kinds && inArray(pages.kind, [...kinds]),
				incidentIds && inArray(pages.incidentId, [...incidentIds]),
				key === undefined ? undefined : eq(pages.key, key),
				keyPrefix === undefined ? undefined : like(pages.key, `${keyPrefix} %`),
			),
		)
		.returning({ id: pages.id })
	if (rows.length > 0) await enqueue(tx, "pages.send", {}, { key: "now" })
}
