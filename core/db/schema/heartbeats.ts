import { text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Alerts that always fire on purpose: when one was last delivered says whether alerts reach us at all. */
export const heartbeats = observatory.table("heartbeats", {
	alertname: text("alertname").primaryKey(),
	receivedAt: instant("received_at").notNull(),
})
