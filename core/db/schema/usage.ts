import { bigint, doublePrecision, index, primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** What sessions used by their telemetry, in slots of five minutes, to compare it with their transcripts. */
export const telemetryUsage = observatory.table(
	"telemetry_usage",
	{
		session: text("session").notNull(),
		/** Start of the slot in which it arrived. */
		slot: instant("slot").notNull(),
		tokens: bigint("tokens", { mode: "number" }).notNull(),
		costUsd: doublePrecision("cost_usd").notNull(),
		/** Latest arrival. */
		lastAt: instant("last_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.session, t.slot] }), index("telemetry_usage_slot").on(t.slot)],
)
