import { sql } from "drizzle-orm"
import { bigint, check, index, jsonb, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** A label matcher of Alertmanager; a missing label counts as empty. */
export interface Matcher {
	readonly name: string
	readonly op: "=" | "!=" | "=~" | "!~"
	readonly value: string
}

/** A time in which matching incidents are only recorded. */
export const maintenanceWindows = observatory.table(
	"maintenance_windows",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		matchers: jsonb("matchers").$type<readonly Matcher[]>().notNull(),
		startsAt: instant("starts_at").notNull(),
		/** Planned end, or the time at which a person ended it. */
		endsAt: instant("ends_at").notNull(),
		reason: text("reason").notNull(),
		createdBy: text("created_by").notNull(),
		createdAt: instant("created_at").notNull(),
		endedBy: text("ended_by"),
		/** Time at which it took effect. */
		startedAt: instant("started_at"),
		/** Time at which its end took effect: incidents stay suppressed until then, however late that is. */
		endedAt: instant("ended_at"),
	},
	(t) => [
		check("maintenance_windows_times", sql`${t.endsAt} >= ${t.startsAt}`),
		index("maintenance_windows_open").on(t.startsAt).where(sql`${t.endedAt} is null`),
	],
)
