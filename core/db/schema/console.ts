import { sql } from "drizzle-orm"
import { bigint, check, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** Tokens that administrators issued to people and programs; the tokens themselves are not stored. */
export const accessTokens = observatory.table(
	"access_tokens",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		/** The owner's name, recorded with every action of the token. */
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

/** Sessions of the console. The cookie's value is not stored, so that a copied table gives no access. */
export const consoleSessions = observatory.table(
	"console_sessions",
	{
		/** SHA-256 of the cookie's value, in hexadecimal. */
		tokenHash: text("token_hash").primaryKey(),
		actor: text("actor").notNull(),
		role: text("role").$type<"viewer" | "responder" | "admin">().notNull(),
		/** The token of the sign-in; null for the configured one. */
		tokenId: bigint("token_id", { mode: "number" }).references(() => accessTokens.id),
		/** The Unix user of the browser, where both are on one host; null elsewhere. */
		clientUid: bigint("client_uid", { mode: "number" }),
		createdAt: instant("created_at").notNull().defaultNow(),
		expiresAt: instant("expires_at").notNull(),
	},
	(t) => [check("console_sessions_role", sql`${t.role} in ('viewer', 'responder', 'admin')`)],
)

/** Links that sign a person in once. The link's secret is not stored. */
export const signInLinks = observatory.table(
	"sign_in_links",
	{
		/** Keyed digest of the secret, in hexadecimal. */
		tokenHash: text("token_hash").primaryKey(),
		/** The person whom it signs in; for the configured token a suggestion, which the person may change. */
		actor: text("actor").notNull(),
		role: text("role").$type<"viewer" | "responder" | "admin">().notNull(),
		/** The token that it was created with; null for the configured one. */
		tokenId: bigint("token_id", { mode: "number" }).references(() => accessTokens.id),
		createdAt: instant("created_at").notNull().defaultNow(),
		expiresAt: instant("expires_at").notNull(),
		usedAt: instant("used_at"),
	},
	(t) => [check("sign_in_links_role", sql`${t.role} in ('viewer', 'responder', 'admin')`)],
)
