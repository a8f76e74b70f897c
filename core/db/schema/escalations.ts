import { sql } from "drizzle-orm"
import { bigint, boolean, index, integer, text } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** How far the telling about an open incident has come. The timer is the row; the job only wakes up at it. */
export const escalations = observatory.table(
	"escalations",
	{
		incidentId: bigint("incident_id", { mode: "number" })
			.primaryKey()
			.references(() => incidents.id),
		policy: text("policy").notNull(),
		/** What the levels' times are counted from. */
		anchor: instant("anchor").notNull(),
		/** The level told last, counted from 0; -1 before the first. */
		level: integer("level").notNull().default(-1),
		/** How often anybody was told. */
		rounds: integer("rounds").notNull().default(0),
		pagedAt: instant("paged_at"),
		acknowledgedUntil: instant("acknowledged_until"),
		escalateNow: boolean("escalate_now").notNull().default(false),
		/** When something is to be done next; null for never. */
		nextAt: instant("next_at"),
		endedAt: instant("ended_at"),
	},
	(t) => [index("escalations_due").on(t.nextAt).where(sql`${t.endedAt} is null`)],
)
