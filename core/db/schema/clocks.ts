import { sql } from "drizzle-orm"
import { bigint, check, index, primaryKey, text } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

const incidentId = () =>
	bigint("incident_id", { mode: "number" })
		.notNull()
		.references(() => incidents.id)

/** Measured: the onset is known to within one look at the source. Bounded: it may have been earlier. */
export type OnsetCertainty = "measured" | "bounded"

/** When an incident began, before its alert fired. */
export const incidentClocks = observatory.table(
	"incident_clocks",
	{
		incidentId: incidentId().primaryKey(),
		/** The first moment of the condition, as far as it is known. */
		onsetAt: instant("onset_at").notNull(),
		onset: text("onset").$type<OnsetCertainty>().notNull(),
		/** The origin of the onset: source, scrape, rule, restart, or alert where Prometheus knows nothing of it. */
		onsetFrom: text("onset_from").notNull(),
		/** The first evaluation for which the condition was true; null where Prometheus does not know. */
		pendingAt: instant("pending_at"),
		/** When the last delivery was known, or no more were expected. */
		closedAt: instant("closed_at"),
	},
	(t) => [
		check("incident_clocks_onset", sql`${t.onset} in ('measured', 'bounded')`),
		index("incident_clocks_running").on(t.incidentId).where(sql`${t.closedAt} is null`),
	],
)

/** The acceptance of an incident's alert by each of its channels. */
export const incidentDeliveries = observatory.table(
	"incident_deliveries",
	{
		incidentId: incidentId(),
		channel: text("channel").notNull(),
		acceptedAt: instant("accepted_at").notNull(),
		/** Inbox: received here. Counter: an accepted request of the channel's kind, by Alertmanager's metrics. Page: Alertmanager accepted the page. */
		evidence: text("evidence").$type<"inbox" | "counter" | "page">().notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.incidentId, t.channel] }),
		check("incident_deliveries_evidence", sql`${t.evidence} in ('inbox', 'counter', 'page')`),
	],
)
