import { sql } from "drizzle-orm"
import type { LabelSpecs, LabelsOf, SeriesSpec } from "../../../core/catalogue/types.ts"
import { totals } from "../../../core/db/schema/index.ts"
import type { HistogramSample } from "../../../core/telemetry/samples.ts"
import type { Transaction } from "../../context.ts"
import { labelKey, READER } from "./bump.ts"

/** Which of a histogram's buckets a value falls into; the last one is for what is above every bound. */
export function bucketOf(bounds: readonly number[], value: number): number {
	const index = bounds.findIndex((bound) => value <= bound)
	return index < 0 ? bounds.length : index
}

/** Observations that are kept in the database, written in one statement. */
export class Tally {
	readonly #values = new Map<string, { series: string; labels: string; value: number }>()

	observe<L extends LabelSpecs>(spec: SeriesSpec<L, "histogram">, labels: LabelsOf<L>, value: number): void {
		const key = labelKey(labels)
		this.#add(`${spec.name}_bucket_${bucketOf(spec.buckets ?? [], value)}`, key, 1)
		this.#add(`${spec.name}_sum`, key, value)
	}

	async write(tx: Transaction): Promise<void> {
		if (this.#values.size === 0) return
		// In one order for everybody, so that two of these cannot deadlock.
		const rows = [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => ({ reader: READER, ...row }))
		await tx
			.insert(totals)
			.values(rows)
			.onConflictDoUpdate({
				target: [totals.reader, totals.series, totals.labels],
				set: { value: sql`${totals.value} + excluded.value` },
			})
	}

	#add(series: string, labels: string, by: number): void {
		const key = `${series} ${labels}`
		this.#values.set(key, { series, labels, value: (this.#values.get(key)?.value ?? 0) + by })
	}
}

/** The histogram that rows of `totals` hold, one sample for each set of labels. */
export function readHistogram(
	series: SeriesSpec,
	rows: readonly { readonly series: string; readonly labels: string; readonly value: number }[],
): HistogramSample[] {
	const value = (name: string, labels: string) =>
		rows.find((row) => row.series === `${series.name}_${name}` && row.labels === labels)?.value ?? 0
	const sets = new Set(rows.filter((row) => row.series === `${series.name}_sum`).map((row) => row.labels))
	return [...sets].map((labels) => ({
		series,
		labels: JSON.parse(labels) as Record<string, string>,
		counts: [...(series.buckets ?? []), Number.POSITIVE_INFINITY].map((_, i) => value(`bucket_${i}`, labels)),
		sum: value("sum", labels),
	}))
}
