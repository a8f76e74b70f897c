import { sql } from "drizzle-orm"
import { bigint, boolean, check, index, jsonb, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/**
 * Every action, by anybody or anything. The database refuses to change or delete a row, and each row's hash covers the
 * one before it, so that what was done around the database's back shows.
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
		/** The network address that the actor came from; null for what the system does by itself. */
		address: text("address"),
		previousHash: text("previous_hash").notNull(),
		hash: text("hash").notNull(),
	},
	(t) => [
		index("audit_logs_actor").on(t.actor, t.seq.desc()),
		index("audit_logs_action").on(t.action, t.seq.desc()),
		index("audit_logs_target").on(t.target, t.seq.desc()),
	],
)

/** The end of the chain; its one row is locked while a link is added. */
export const auditHead = observatory.table(
	"audit_head",
	{
		only: boolean("only").primaryKey().default(true),
		seq: bigint("seq", { mode: "number" }).notNull(),
		hash: text("hash").notNull(),
	},
	(t) => [check("audit_head_only", sql`${t.only}`)],
)
