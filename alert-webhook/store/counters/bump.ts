import { sql } from "drizzle-orm"
import type { LabelSpecs, LabelsOf, SeriesSpec } from "../../../core/catalogue/types.ts"
import { totals } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"

export const READER = "alert-webhook"

/**
 * Counts something in the transaction that does it, so that the counter is exactly what happened, by whichever replica
 * and whatever is restarted.
 */
export async function bump<L extends LabelSpecs>(
	tx: Transaction,
	series: SeriesSpec<L, "counter">,
	labels: LabelsOf<L>,
	by = 1,
): Promise<void> {
	await tx
		.insert(totals)
		.values({ reader: READER, series: series.name, labels: labelKey(labels), value: by })
		.onConflictDoUpdate({
			target: [totals.reader, totals.series, totals.labels],
			set: { value: sql`${totals.value} + ${by}` },
		})
}

/** Labels as `totals` keeps them: JSON with sorted keys. */
export const labelKey = (labels: Readonly<Record<string, string>>): string =>
	JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
