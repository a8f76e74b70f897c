import { sql } from "drizzle-orm"
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
	/** Hash of what was read last, to detect a file that was rewritten in place; null in rows of earlier releases. */
	mark: text("mark"),
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
		/** Its answers or their cost have changed since they were counted by agent. */
		uncounted: boolean("uncounted").notNull().default(false),
	},
	(t) => [
		index("transcript_runs_uncounted").on(t.session).where(sql`${t.uncounted}`),
		index("transcript_runs_session").on(t.session, t.number),
	],
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
		/** The subagent's name and that of the agent that started it; null in the main conversation, and where not known. */
		agent: text("agent"),
		parent: text("parent"),
		model: text("model").notNull(),
		inputTokens: bigint("input_tokens", { mode: "number" }).notNull(),
		outputTokens: bigint("output_tokens", { mode: "number" }).notNull(),
		cacheReadTokens: bigint("cache_read_tokens", { mode: "number" }).notNull(),
		cacheCreationTokens: bigint("cache_creation_tokens", { mode: "number" }).notNull(),
		/** What is known of its cost by itself: the line's own, else the price table's, else 0. */
		costUsd: doublePrecision("cost_usd").notNull(),
		cacheWrite1hTokens: bigint("cache_write_1h_tokens", { mode: "number" }).notNull().default(0),
		webSearches: integer("web_searches").notNull().default(0),
		/** `usage.speed` and `usage.service_tier`, unless standard. */
		speed: text("speed"),
		tier: text("tier"),
		/** The cost in the line itself, in versions of Claude Code that write it there. */
		statedUsd: doublePrecision("stated_usd"),
		/** The cost by the price table; null while the model has no price. */
		listUsd: doublePrecision("list_usd"),
		at: instant("at").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.message, t.request] }),
		index("transcript_messages_run").on(t.run),
		index("transcript_messages_unpriced").on(t.at).where(sql`${t.listUsd} is null and ${t.statedUsd} is null`),
	],
)

/** What each agent of a run has spent, as far as it is counted. */
export const transcriptAgents = observatory.table(
	"transcript_agents",
	{
		run: text("run").notNull(),
		/** `main` for the main conversation, whose parent is `none`. */
		agent: text("agent").notNull(),
		parent: text("parent").notNull(),
		inputTokens: bigint("input_tokens", { mode: "number" }).notNull(),
		outputTokens: bigint("output_tokens", { mode: "number" }).notNull(),
		cacheReadTokens: bigint("cache_read_tokens", { mode: "number" }).notNull(),
		cacheCreationTokens: bigint("cache_creation_tokens", { mode: "number" }).notNull(),
		costUsd: doublePrecision("cost_usd").notNull(),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.run, t.agent, t.parent] })],
)

/** What Claude Code says that a session cost, by model: of its `cost-state` lines the one with the most tokens. */
export const transcriptCosts = observatory.table(
	"transcript_costs",
	{
		session: text("session").notNull(),
		/** The name under which the price table has it. */
		model: text("model").notNull(),
		inputTokens: bigint("input_tokens", { mode: "number" }).notNull(),
		outputTokens: bigint("output_tokens", { mode: "number" }).notNull(),
		cacheReadTokens: bigint("cache_read_tokens", { mode: "number" }).notNull(),
		cacheCreationTokens: bigint("cache_creation_tokens", { mode: "number" }).notNull(),
		cacheWrite1hTokens: bigint("cache_write_1h_tokens", { mode: "number" }).notNull(),
		webSearches: integer("web_searches").notNull(),
		costUsd: doublePrecision("cost_usd").notNull(),
		/** When the work that it covers started; null when the line does not say. */
		startedAt: instant("started_at"),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.session, t.model] })],
)

/**
 * Sessions whose transcript also has answers that count for another session, or are too old to count: what Claude Code
 * says that they cost contains more than their own answers.
 */
export const transcriptShared = observatory.table("transcript_shared", {
	session: text("session").primaryKey(),
	seenAt: instant("seen_at").notNull().defaultNow(),
})
