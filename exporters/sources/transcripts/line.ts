import { z } from "zod"
import { sessionCost, sessionTokens } from "../../../core/catalogue/subjects/sessions.ts"
import { refuseIncrease } from "../../../core/metrics/values.ts"
import { addTokens, type Statement } from "./cost.ts"
import type { AgentNames } from "./files.ts"
import { modelNameOf } from "./model-name.ts"
import type { Tokens, Usage } from "./prices.ts"

/** An answer of the model in one line of a transcript. */
interface Answer {
	readonly message: string
	readonly request: string
	readonly sidechain: boolean
	/** The subagent's name and its parent's; undefined in the main conversation, and where not known. */
	readonly agent: string | undefined
	readonly parent: string | undefined
	readonly model: string
	readonly usage: Usage
	/** Claude Code's own cost, in versions that record it. */
	readonly costUsd: number | undefined
}

/** The activity of a session in one line. */
export interface Activity {
	readonly session: string
	readonly at: Date
	/** State of the conversation after it; undefined for a subagent's line and for lines without a state. */
	readonly turn: "working" | "answered" | "failed" | undefined
	readonly model: string | undefined
	readonly answer: Answer | undefined
}

export type Line =
	| { readonly kind: "activity"; readonly activity: Activity }
	/** What the session cost so far, by model. */
	| { readonly kind: "cost"; readonly statements: readonly Statement[] }
	/** Of a known but unused type, or malformed. */
	| { readonly kind: "skipped" | "malformed" }
	| { readonly kind: "unknown_type"; readonly type: string }

/** Known types without tokens or turns. All others except user, assistant and cost-state are counted as unknown. */
const SKIPPED = new Set([
	"agent-name",
	"ai-title",
	"api-request",
	"api-request-blob",
	"api-request-shape",
	"atis-latch",
	"attachment",
	"custom-title",
	"file-history-snapshot",
	"last-prompt",
	"mode",
	"permission-mode",
	"pr-link",
	"progress",
	"queue-operation",
	"summary",
	"system",
	"tag",
	"tools-used",
])

const SYNTHETIC = "<synthetic>"

/** More than one answer can have is no number of tokens, and what a bigint does not hold would stop the whole file. */
const tokens = z
	.number()
	.int()
	.refine((n) => refuseIncrease(sessionTokens, n) === undefined)
	.nullish()
const dollars = z
	.number()
	.refine((usd) => refuseIncrease(sessionCost, usd) === undefined)
	.nullish()

/** Longest name of a session, message or request: they are keys of tables, whose entries PostgreSQL bounds. */
const LONGEST_ID = 200
const name = z.string().max(LONGEST_ID).refine(isPrintable)

/** PostgreSQL's text holds no U+0000, and a name has no control characters. */
function isPrintable(text: string): boolean {
	return !/[\p{Cc}\p{Surrogate}]/u.test(text)
}

/** Far more than a session can have: a larger number is a mistake, and no column could store it. */
const MOST = { tokens: 1e13, usd: 1e7, searches: 1e6 }
const counted = (most: number) => z.number().int().nonnegative().max(most).nullish()

const usageSchema = z.object({
	input_tokens: tokens,
	output_tokens: tokens,
	cache_creation_input_tokens: tokens,
	cache_read_input_tokens: tokens,
	cache_creation: z.object({ ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: tokens }).nullish(),
	server_tool_use: z.object({ web_search_requests: counted(MOST.searches) }).nullish(),
	speed: name.nullish(),
	service_tier: name.nullish(),
})

const common = {
	uuid: name.optional(),
	sessionId: name.min(1).optional(),
	timestamp: z.iso.datetime({ offset: true }),
	isSidechain: z.boolean().nullish(),
}

const userSchema = z.object({ ...common, isMeta: z.boolean().nullish() })

const assistantSchema = z.object({
	...common,
	requestId: name.nullish(),
	isApiErrorMessage: z.boolean().nullish(),
	attributionAgent: name.nullish().catch(undefined),
	costUSD: dollars,
	message: z.object({
		id: name.nullish(),
		model: name.nullish(),
		stop_reason: z.string().nullish(),
		usage: usageSchema.nullish(),
	}),
})

const ofSession = counted(MOST.tokens)

const costSchema = z.object({
	sessionId: name.min(1).optional(),
	startTime: z.number().int().positive().max(8.64e15).nullish(),
	hasUnknownModelCost: z.boolean().nullish(),
	modelUsage: z.record(
		name,
		z.object({
			inputTokens: ofSession,
			outputTokens: ofSession,
			cacheReadInputTokens: ofSession,
			cacheCreationInputTokens: ofSession,
			cacheCreationEphemeral5mInputTokens: ofSession,
			cacheCreationEphemeral1hInputTokens: ofSession,
			webSearchRequests: counted(MOST.searches),
			costUSD: z.number().nonnegative().max(MOST.usd),
		}),
	),
})

/**
 * Reads one line of a transcript. The format is Claude Code's own and changes: unknown lines are reported, never guessed.
 *
 * @param owner the session of the file's path, for lines without one, and for subagents, whose work is their session's;
 *   and what is known of the subagent
 */
export function parseLine(
	text: string,
	owner: { readonly session: string; readonly subagent: boolean; readonly agent?: AgentNames },
): Line {
	let line: unknown
	try {
		line = JSON.parse(text)
	} catch {
		return { kind: "malformed" }
	}
	if (typeof line !== "object" || line === null || !("type" in line)) return { kind: "malformed" }
	if (line.type === "assistant") return assistantLine(line, owner)
	if (line.type === "user") return userLine(line, owner)
	if (line.type === "cost-state") return costLine(line, owner)
	if (typeof line.type !== "string") return { kind: "malformed" }
	return SKIPPED.has(line.type) ? { kind: "skipped" } : { kind: "unknown_type", type: typeName(line.type) }
}

/** A type as a label: what does not look like one is not repeated. */
const typeName = (type: string): string => (/^[\w.:-]{1,64}$/.test(type) ? type : "other")

/** A clock that is ahead must not keep a session running until the time that it shows. */
export const notAfter = (activity: Activity, now: number): Activity =>
	activity.at.getTime() > now ? { ...activity, at: new Date(now) } : activity

type Owner = Parameters<typeof parseLine>[1]

const sessionOf = (sessionId: string | undefined, owner: Owner): string =>
	owner.subagent ? owner.session : (sessionId ?? owner.session)

function userLine(line: object, owner: Owner): Line {
	const parsed = userSchema.safeParse(line)
	if (!parsed.success) return { kind: "malformed" }
	const { timestamp, isMeta, isSidechain, sessionId } = parsed.data
	if (isMeta) return { kind: "skipped" }
	const turn = isSidechain || owner.subagent ? undefined : "working"
	const session = sessionOf(sessionId, owner)
	return { kind: "activity", activity: { session, at: new Date(timestamp), turn, model: undefined, answer: undefined } }
}

function assistantLine(line: object, owner: Owner): Line {
	const parsed = assistantSchema.safeParse(line)
	if (!parsed.success) return { kind: "malformed" }
	const { message, timestamp, sessionId, uuid, requestId, isApiErrorMessage, costUSD, attributionAgent } = parsed.data
	const sidechain = parsed.data.isSidechain === true || owner.subagent
	const synthetic = message.model === SYNTHETIC
	const model = synthetic ? undefined : message.model?.replace(/\[[^\]]*\]$/, "")
	const id = message.id ?? uuid
	const answer =
		model && message.usage && id
			? {
					message: id,
					request: requestId ?? "",
					sidechain,
					agent: sidechain ? (attributionAgent ?? owner.agent?.agent) : undefined,
					parent: sidechain ? owner.agent?.parent : undefined,
					model,
					usage: usageOf(message.usage),
					costUsd: costUSD ?? undefined,
				}
			: undefined
	const session = sessionOf(sessionId, owner)
	const turn = sidechain ? undefined : turnAfter(isApiErrorMessage === true, message.stop_reason)
	return {
		kind: "activity",
		activity: { session, at: new Date(timestamp), turn, model: sidechain ? undefined : model, answer },
	}
}

/** The turn continues while a tool is requested or the answer is unfinished. */
function turnAfter(apiError: boolean, stopReason: string | null | undefined): Activity["turn"] {
	if (apiError) return "failed"
	return stopReason === "tool_use" || stopReason === "pause_turn" || !stopReason ? "working" : "answered"
}

const unlessStandard = (text: string | null | undefined): string | undefined =>
	text && text !== "standard" ? text : undefined

function usageOf(usage: z.output<typeof usageSchema>): Usage {
	return {
		input: usage.input_tokens ?? 0,
		output: usage.output_tokens ?? 0,
		cacheRead: usage.cache_read_input_tokens ?? 0,
		cacheCreation: usage.cache_creation_input_tokens ?? 0,
		cacheWrite5m: usage.cache_creation?.ephemeral_5m_input_tokens ?? 0,
		cacheWrite1h: usage.cache_creation?.ephemeral_1h_input_tokens ?? 0,
		webSearches: usage.server_tool_use?.web_search_requests ?? 0,
		speed: unlessStandard(usage.speed),
		tier: unlessStandard(usage.service_tier),
	}
}

/** Claude Code estimates models that it does not know at the price of another: such a line says nothing. */
function costLine(line: object, owner: Owner): Line {
	const parsed = costSchema.safeParse(line)
	if (!parsed.success) return { kind: "malformed" }
	const { sessionId, startTime, hasUnknownModelCost, modelUsage } = parsed.data
	if (hasUnknownModelCost) return { kind: "skipped" }
	const session = sessionOf(sessionId, owner)
	const startedAt = startTime ? new Date(startTime) : undefined
	const statements = new Map<string, Statement>()
	for (const [spelling, usage] of Object.entries(modelUsage)) {
		const model = modelNameOf(spelling).key
		const before = statements.get(model)
		const tokens: Tokens = {
			input: usage.inputTokens ?? 0,
			output: usage.outputTokens ?? 0,
			cacheRead: usage.cacheReadInputTokens ?? 0,
			cacheCreation: usage.cacheCreationInputTokens ?? 0,
			cacheWrite5m: usage.cacheCreationEphemeral5mInputTokens ?? 0,
			cacheWrite1h: usage.cacheCreationEphemeral1hInputTokens ?? 0,
			webSearches: usage.webSearchRequests ?? 0,
		}
		statements.set(model, {
			session,
			model,
			startedAt,
			tokens: before ? addTokens(before.tokens, tokens) : tokens,
			costUsd: usage.costUSD + (before?.costUsd ?? 0),
		})
	}
	return { kind: "cost", statements: [...statements.values()] }
}
