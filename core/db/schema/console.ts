import { sql } from "drizzle-orm"
import { bigint, check, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Tokens that administrators gave to people and programs; the tokens themselves are not kept. */
export const accessTokens = observatory.table(
	"access_tokens",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		/** Whose it is: the name that stands beside what is done with it. */
		name: text("name").notNull(),
		role: text("role").$type<"viewer" | "responder" | "admin">().notNull(),
		/** SHA-256 of the token, in hexadecimal. */
		tokenHash: text("token_hash").notNull().unique(),
		createdBy: text("created_by").notNull(),
		createdAt: instant("created_at").notNull().defaultNow(),
		expiresAt: instant("expires_at"),
		revokedAt: instant("revoked_at"),
	},
	(t) => [check("access_tokens_role", sql`${t.role} in ('viewer', 'responder', 'admin')`)],
)

/** Who is signed in to the console. The cookie's value itself is never stored, so a copied table opens nothing. */
export const consoleSessions = observatory.table(
	"console_sessions",
	{
		/** SHA-256 of the cookie's value, in hexadecimal. */
		tokenHash: text("token_hash").primaryKey(),
		actor: text("actor").notNull(),
		role: text("role").$type<"viewer" | "responder" | "admin">().notNull(),
		/** The token that it was opened with; null for the one of the configuration. */
		tokenId: bigint("token_id", { mode: "number" }).references(() => accessTokens.id),
		createdAt: instant("created_at").notNull().defaultNow(),
		expiresAt: instant("expires_at").notNull(),
	},
	(t) => [check("console_sessions_role", sql`${t.role} in ('viewer', 'responder', 'admin')`)],
)
