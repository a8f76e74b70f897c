import { sql } from "drizzle-orm"
import { bigint, boolean, index, integer, text } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** The escalation of an open incident. The row is the timer; the job only checks it. */
export const escalations = observatory.table(
	"escalations",
	{
		incidentId: bigint("incident_id", { mode: "number" })
			.primaryKey()
			.references(() => incidents.id),
		policy: text("policy").notNull(),
		/** Start of the levels' times. */
		anchor: instant("anchor").notNull(),
		/** The last paged level, counted from 0; -1 before the first. */
		level: integer("level").notNull().default(-1),
		/** Number of escalation pages so far. */
		rounds: integer("rounds").notNull().default(0),
		pagedAt: instant("paged_at"),
		acknowledgedUntil: instant("acknowledged_until"),
		escalateNow: boolean("escalate_now").notNull().default(false),
		/** Time of the next step; null for none. */
		nextAt: instant("next_at"),
		endedAt: instant("ended_at"),
	},
	(t) => [index("escalations_due").on(t.nextAt).where(sql`${t.endedAt} is null`)],
)
