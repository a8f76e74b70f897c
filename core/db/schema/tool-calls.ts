import { sql } from "drizzle-orm"
import { check, index, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Tool calls that rules hold until a person approves one. */
export const toolCalls = observatory.table(
	"tool_calls",
	{
		/** SHA-256 of `body`, in hexadecimal. Every call has a nonce, so the same call asked again has another hash. */
		hash: text("hash").primaryKey(),
		host: text("host").notNull(),
		/** The whole call as JSON, exactly as the hook hashed it. */
		body: text("body").notNull(),
		state: text("state").$type<"waiting" | "approved" | "refused" | "expired">().notNull(),
		askedAt: instant("asked_at").notNull(),
		expiresAt: instant("expires_at").notNull(),
		decidedBy: text("decided_by"),
		decidedAt: instant("decided_at"),
	},
	(t) => [
		check("tool_calls_state", sql`${t.state} in ('waiting', 'approved', 'refused', 'expired')`),
		index("tool_calls_expires").on(t.expiresAt),
	],
)
