import { text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Heartbeat alerts, which always fire: their last delivery shows whether alerts reach us. */
export const heartbeats = observatory.table("heartbeats", {
	alertname: text("alertname").primaryKey(),
	receivedAt: instant("received_at").notNull(),
})
