import { doublePrecision, jsonb, primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/**
 * How far each incremental reader has come. One row a reader; it is locked while a reader advances, so that two
 * exporters on one database never count a row twice.
 */
export const readers = observatory.table("readers", {
	name: text("name").primaryKey(),
	/** The reader's own bookkeeping: watermark, gaps, rows that may still change. */
	position: jsonb("position").notNull(),
	advancedAt: instant("advanced_at").notNull().defaultNow(),
})

/** Totals that counters are exported from. They change in the transaction that advances their reader. */
export const totals = observatory.table(
	"totals",
	{
		reader: text("reader").notNull(),
		series: text("series").notNull(),
		/** Labels as canonical JSON (sorted keys), `{}` for none. */
		labels: text("labels").notNull(),
		value: doublePrecision("value").notNull(),
	},
	(t) => [primaryKey({ columns: [t.reader, t.series, t.labels] })],
)
