import { bigint, boolean, doublePrecision, index, integer, primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** How far each transcript file has been read. */
export const transcriptFiles = observatory.table("transcript_files", {
	path: text("path").primaryKey(),
	/** Device and inode, to page that another file has taken the name. */
	identity: text("identity").notNull(),
	/** Bytes up to the end of the last whole line that was read. */
	readTo: bigint("read_to", { mode: "number" }).notNull(),
	readAt: instant("read_at").notNull().defaultNow(),
})

/** A stretch of a session's work, which has a row in `claude_sessions`. A session that goes on after it ended has several. */
export const transcriptRuns = observatory.table(
	"transcript_runs",
	{
		/** The id in `claude_sessions`. */
		run: text("run").primaryKey(),
		session: text("session").notNull(),
		number: integer("number").notNull(),
		startedAt: instant("started_at").notNull(),
		lastAt: instant("last_at").notNull(),
		/** working, answered or failed: where the conversation stood at `lastAt`. */
		turn: text("turn").notNull(),
		model: text("model"),
	},
	(t) => [index("transcript_runs_session").on(t.session, t.number)],
)

/**
 * Answers of the model that have been counted, so that none is counted twice, however often it is repeated in files.
 * Answers of subagents stand under an empty request, since their replays match on the message alone.
 */
export const transcriptMessages = observatory.table(
	"transcript_messages",
	{
		message: text("message").notNull(),
		request: text("request").notNull(),
		run: text("run").notNull(),
		sidechain: boolean("sidechain").notNull(),
		model: text("model").notNull(),
		inputTokens: bigint("input_tokens", { mode: "number" }).notNull(),
		outputTokens: bigint("output_tokens", { mode: "number" }).notNull(),
		cacheReadTokens: bigint("cache_read_tokens", { mode: "number" }).notNull(),
		cacheCreationTokens: bigint("cache_creation_tokens", { mode: "number" }).notNull(),
		costUsd: doublePrecision("cost_usd").notNull(),
		at: instant("at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.message, t.request] }), index("transcript_messages_run").on(t.run)],
)
