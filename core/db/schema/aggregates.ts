import { bigint, doublePrecision, index, jsonb, primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/**
 * The positions of the incremental readers. A reader's row is locked while it advances, so that two exporters on one
 * database never count a row twice.
 */
export const readers = observatory.table("readers", {
	name: text("name").primaryKey(),
	/** For each provider the highest number read, and the gaps below it that a running transaction may still fill. */
	position: jsonb("position").notNull(),
	advancedAt: instant("advanced_at").notNull().defaultNow(),
})

/** The totals of exported counters. They change in the transaction that advances their reader. */
export const totals = observatory.table(
	"totals",
	{
		reader: text("reader").notNull(),
		series: text("series").notNull(),
		/** Labels as canonical JSON (sorted keys), `{}` for none. */
		labels: text("labels").notNull(),
		value: doublePrecision("value").notNull(),
		/** When it grew last: a label value that was not counted for long makes room for another. */
		countedAt: instant("counted_at").notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.reader, t.series, t.labels] })],
)

/** Source rows that may still change, with their contribution to the totals so far. */
export const trackedRows = observatory.table(
	"tracked_rows",
	{
		reader: text("reader").notNull(),
		provider: text("provider").notNull(),
		seq: bigint("seq", { mode: "number" }).notNull(),
		state: jsonb("state").notNull(),
	},
	(t) => [primaryKey({ columns: [t.reader, t.provider, t.seq] })],
)

/** Keys of which only the first occurrence counts, such as a session's first violation. Deleted when unseen for 90 days. */
export const countedOnce = observatory.table(
	"counted_once",
	{
		reader: text("reader").notNull(),
		key: text("key").notNull(),
		seenAt: instant("seen_at").notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.reader, t.key] }), index("counted_once_seen").on(t.reader, t.seenAt)],
)
