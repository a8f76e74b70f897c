import { sql } from "drizzle-orm"
import { check, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Who is signed in to the console. The cookie's value itself is never stored, so a copied table opens nothing. */
export const consoleSessions = observatory.table(
	"console_sessions",
	{
		/** SHA-256 of the cookie's value, in hexadecimal. */
		tokenHash: text("token_hash").primaryKey(),
		actor: text("actor").notNull(),
		role: text("role").$type<"viewer" | "responder" | "admin">().notNull(),
		createdAt: instant("created_at").notNull().defaultNow(),
		expiresAt: instant("expires_at").notNull(),
	},
	(t) => [check("console_sessions_role", sql`${t.role} in ('viewer', 'responder', 'admin')`)],
)
