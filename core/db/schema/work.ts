import { sql } from "drizzle-orm"
import { bigint, boolean, check, doublePrecision, index, integer, jsonb, numeric, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/**
 * What the autonomous system does, as it or its tailers write it down. `seq` grows with every insert, so that a
 * reader can ask for what is new; states only move forward.
 */

const seq = () => bigint("seq", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey()

export const claudeSessions = observatory.table(
	"claude_sessions",
	{
		seq: seq(),
		id: text("id").notNull().unique(),
		/** Who wrote the row: demo, transcript, otlp, or the name of the application. */
		source: text("source").notNull(),
		status: text("status").notNull(),
		model: text("model"),
		startedAt: instant("started_at").notNull().defaultNow(),
		endedAt: instant("ended_at"),
		inputTokens: bigint("input_tokens", { mode: "number" }).notNull().default(0),
		outputTokens: bigint("output_tokens", { mode: "number" }).notNull().default(0),
		cacheReadTokens: bigint("cache_read_tokens", { mode: "number" }).notNull().default(0),
		cacheCreationTokens: bigint("cache_creation_tokens", { mode: "number" }).notNull().default(0),
		costUsd: numeric("cost_usd", { precision: 14, scale: 6, mode: "number" }).notNull().default(0),
		/** The model's answers in the main conversation; null when its writer does not know. */
		turns: integer("turns"),
		error: text("error"),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [
		check(
			"claude_sessions_status",
			sql`${t.status} in ('initializing', 'running', 'paused', 'completed', 'failed', 'timeout', 'emergency_stopped')`,
		),
		index("claude_sessions_started").on(t.startedAt.desc()),
		index("claude_sessions_open").on(t.status).where(sql`${t.status} in ('initializing', 'running', 'paused')`),
	],
)

export const mcpCalls = observatory.table("mcp_calls", {
	seq: seq(),
	sessionId: text("session_id"),
	server: text("server").notNull(),
	tool: text("tool"),
	durationSeconds: doublePrecision("duration_seconds"),
	responseBytes: bigint("response_bytes", { mode: "number" }),
	error: text("error"),
	createdAt: instant("created_at").notNull().defaultNow(),
})

export const insights = observatory.table(
	"insights",
	{
		seq: seq(),
		sessionId: text("session_id"),
		/** An insight, or a recurring pattern. */
		kind: text("kind").notNull().default("insight"),
		category: text("category").notNull(),
		confidence: doublePrecision("confidence").notNull(),
		summary: text("summary"),
		createdAt: instant("created_at").notNull().defaultNow(),
	},
	(t) => [
		check("insights_kind", sql`${t.kind} in ('insight', 'pattern')`),
		check("insights_confidence", sql`${t.confidence} between 0 and 1`),
	],
)

export const recommendations = observatory.table("recommendations", {
	seq: seq(),
	sessionId: text("session_id"),
	type: text("type").notNull(),
	confidence: doublePrecision("confidence").notNull(),
	status: text("status").notNull().default("pending"),
	createdAt: instant("created_at").notNull().defaultNow(),
	decidedAt: instant("decided_at"),
})

export const improvements = observatory.table(
	"improvements",
	{
		seq: seq(),
		sessionId: text("session_id"),
		title: text("title").notNull(),
		/** The stage reached; the timestamps say when each one was. */
		status: text("status").notNull().default("proposed"),
		proposedAt: instant("proposed_at").notNull().defaultNow(),
		validatedAt: instant("validated_at"),
		deployedAt: instant("deployed_at"),
		rolledBackAt: instant("rolled_back_at"),
		measuredAt: instant("measured_at"),
		/** Measured change as a ratio: 0.12 is 12 % better, negative is worse. */
		performanceChange: doublePrecision("performance_change"),
		costSavingsUsd: numeric("cost_savings_usd", { precision: 14, scale: 6, mode: "number" }),
	},
	(t) => [
		check("improvements_status", sql`${t.status} in ('proposed', 'validated', 'deployed', 'rolled_back', 'rejected')`),
	],
)

export const violations = observatory.table(
	"violations",
	{
		seq: seq(),
		sessionId: text("session_id"),
		kind: text("kind").notNull(),
		details: jsonb("details").notNull().default({}),
		detectedAt: instant("detected_at").notNull().defaultNow(),
	},
	(t) => [
		check("violations_kind", sql`${t.kind} in ('read_only', 'scope', 'resource_limit', 'timeout')`),
		index("violations_session").on(t.sessionId),
	],
)

export const reviews = observatory.table(
	"reviews",
	{
		seq: seq(),
		improvementSeq: bigint("improvement_seq", { mode: "number" }),
		status: text("status").notNull().default("pending"),
		reviewer: text("reviewer"),
		requestedAt: instant("requested_at").notNull().defaultNow(),
		decidedAt: instant("decided_at"),
	},
	(t) => [check("reviews_status", sql`${t.status} in ('pending', 'approved', 'rejected')`)],
)

export const rollbacks = observatory.table(
	"rollbacks",
	{
		seq: seq(),
		improvementSeq: bigint("improvement_seq", { mode: "number" }),
		trigger: text("trigger").notNull(),
		/** Null while it runs. */
		succeeded: boolean("succeeded"),
		startedAt: instant("started_at").notNull().defaultNow(),
		finishedAt: instant("finished_at"),
	},
	(t) => [check("rollbacks_trigger", sql`${t.trigger} in ('automatic', 'manual')`)],
)

/** A measured outcome: one observation of one kind, before and after where that is what is measured. */
export const outcomes = observatory.table("outcomes", {
	seq: seq(),
	kind: text("kind").notNull(),
	before: doublePrecision("before"),
	after: doublePrecision("after").notNull(),
	measuredAt: instant("measured_at").notNull().defaultNow(),
})

export const events = observatory.table("events", {
	seq: seq(),
	type: text("type").notNull(),
	sessionId: text("session_id"),
	details: jsonb("details").notNull().default({}),
	createdAt: instant("created_at").notNull().defaultNow(),
})
