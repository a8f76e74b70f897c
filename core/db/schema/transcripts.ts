import { bigint, boolean, doublePrecision, index, integer, primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** The read position of each transcript file. */
export const transcriptFiles = observatory.table("transcript_files", {
	path: text("path").primaryKey(),
	/** Device and inode, to detect another file under the same name. */
	identity: text("identity").notNull(),
	/** Bytes up to the end of the last complete line read. */
	readTo: bigint("read_to", { mode: "number" }).notNull(),
	readAt: instant("read_at").notNull().defaultNow(),
})

/** One run of a session, with its row in `claude_sessions`. A session that continues after its end has several. */
export const transcriptRuns = observatory.table(
	"transcript_runs",
	{
		/** The id in `claude_sessions`. */
		run: text("run").primaryKey(),
		session: text("session").notNull(),
		number: integer("number").notNull(),
		startedAt: instant("started_at").notNull(),
		lastAt: instant("last_at").notNull(),
		/** working, answered or failed: the conversation's state at `lastAt`. */
		turn: text("turn").notNull(),
		model: text("model"),
	},
	(t) => [index("transcript_runs_session").on(t.session, t.number)],
)

/**
 * Counted answers of the model, so that repetitions in files are not counted. Answers of subagents have an empty request,
 * because their replays match by message alone.
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
