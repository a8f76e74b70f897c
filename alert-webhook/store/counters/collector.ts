import { eq } from "drizzle-orm"
import { z } from "zod"
import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import { totals } from "../../../core/db/schema/index.ts"
import type { Collector } from "../../../core/telemetry/collector.ts"
import type { Sample } from "../../../core/telemetry/samples.ts"
import type { Context } from "../../context.ts"
import { READER } from "./bump.ts"
import { readHistogram } from "./histogram.ts"

const labelsOf = (text: string) => z.record(z.string(), z.string()).parse(JSON.parse(text))

/** Exports what `bump` has counted. */
export const countersCollector = (ctx: Pick<Context, "db">, series: readonly SeriesSpec[]): Collector => ({
	name: "response_counters",
	group: "safety",
	emits: series,
	intervalMs: 5_000,
	timeoutMs: 4_000,
	async collect() {
		const rows = await ctx.db.select().from(totals).where(eq(totals.reader, READER))
		return series.flatMap((spec): Sample[] =>
			spec.type === "histogram"
				? readHistogram(spec, rows)
				: rows
						.filter((row) => row.series === spec.name)
						.map((row) => ({ series: spec, labels: labelsOf(row.labels), value: row.value })),
		)
	},
})
