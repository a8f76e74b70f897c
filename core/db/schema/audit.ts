import { sql } from "drizzle-orm"
import { bigint, boolean, check, index, jsonb, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/**
 * Every action of people and of the system. The database refuses to change or delete a row, and each row's hash covers the
 * previous one, so that tampering is detected.
 */
export const auditLogs = observatory.table(
	"audit_logs",
	{
		/** 1, 2, 3, … without a gap. */
		seq: bigint("seq", { mode: "number" }).primaryKey(),
		at: instant("at").notNull(),
		actor: text("actor").notNull(),
		action: text("action").notNull(),
		target: text("target").notNull(),
		details: jsonb("details").$type<Record<string, unknown>>().notNull(),
		/** The actor's network address; null for actions of the system. */
		address: text("address"),
		/** The personal token of the actor: two people may have had one name. Null for the shared one and the system. */
		tokenId: bigint("token_id", { mode: "number" }),
		previousHash: text("previous_hash").notNull(),
		hash: text("hash").notNull(),
	},
	(t) => [
		index("audit_logs_actor").on(t.actor, t.seq.desc()),
		index("audit_logs_action").on(t.action, t.seq.desc()),
		index("audit_logs_target").on(t.target, t.seq.desc()),
	],
)

/** The head of the chain; its only row is locked while a row is added. */
export const auditHead = observatory.table(
	"audit_head",
	{
		only: boolean("only").primaryKey().default(true),
		seq: bigint("seq", { mode: "number" }).notNull(),
		hash: text("hash").notNull(),
	},
	(t) => [check("audit_head_only", sql`${t.only}`)],
)
