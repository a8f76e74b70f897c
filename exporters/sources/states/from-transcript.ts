import { z } from "zod"
import type { SessionEvent } from "./event.ts"
import { fingerprint } from "./fingerprint.ts"
import { allowedMs, isQuestion } from "./tools.ts"

const name = z.string().min(1).max(200)

const block = z.looseObject({
	type: z.string(),
	id: name.optional(),
	name: name.optional(),
	input: z.record(z.string(), z.unknown()).optional(),
	tool_use_id: name.optional(),
	is_error: z.boolean().nullish(),
	content: z.unknown().optional(),
	text: z.string().optional(),
})
type Block = z.output<typeof block>

const lineSchema = z.looseObject({
	type: z.enum(["user", "assistant", "system", "progress"]),
	timestamp: z.iso.datetime({ offset: true }),
	sessionId: name.optional(),
	isSidechain: z.boolean().nullish(),
	isMeta: z.boolean().nullish(),
	isCompactSummary: z.boolean().nullish(),
	isApiErrorMessage: z.boolean().nullish(),
	permissionMode: z.string().nullish(),
	entrypoint: z.string().nullish(),
	subtype: z.string().nullish(),
	parentToolUseID: name.nullish(),
	data: z.looseObject({ type: z.string().optional() }).nullish(),
	message: z
		.looseObject({
			stop_reason: z.string().nullish(),
			content: z.union([z.string(), z.array(block)]).optional(),
		})
		.nullish(),
})
type Line = z.output<typeof lineSchema>

/** Modes in which no call waits for a person. */
const NEVER_ASK = new Set(["bypassPermissions", "dontAsk"])
/** `claude -p`, which refuses what it would have to ask for. */
const WITHOUT_PERSON = "sdk-cli"
/** Progress of these kinds shows that the call itself runs, not a hook before it. */
const RUNNING = new Set(["bash_progress", "mcp_progress", "powershell_progress"])
/** What Claude Code writes as the user's when a turn ends without an answer. */
const ENDS = /^\s*(?:\[Request interrupted by user|<local-command-std|<bash-)/

/** What a session did, by one line of its transcript; nothing for lines that say nothing of it, or are malformed. */
export function fromTranscript(
	text: string,
	owner: { readonly session: string; readonly subagent: boolean },
): SessionEvent[] {
	const parsed = lineSchema.safeParse(parse(text))
	if (!parsed.success) return []
	const line = parsed.data
	const inside = owner.subagent || line.isSidechain === true
	const of = {
		session: owner.subagent ? owner.session : (line.sessionId ?? owner.session),
		at: Date.parse(line.timestamp),
	}
	switch (line.type) {
		case "assistant":
			return answer(line, inside).map((deed) => ({ ...of, ...deed }))
		case "user":
			return input(line, inside).map((deed) => ({ ...of, ...deed }))
		case "system":
			return line.subtype === "api_error" ? [{ ...of, kind: "api_error" }] : []
		case "progress":
			return RUNNING.has(line.data?.type ?? "") && line.parentToolUseID
				? [{ ...of, kind: "running", id: line.parentToolUseID }]
				: [{ ...of, kind: "sign" }]
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}

type Deed = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, "session" | "at"> : never) : never

const blocksOf = ({ message }: Line): readonly Block[] => (Array.isArray(message?.content) ? message.content : [])

function answer(line: Line, inside: boolean): Deed[] {
	if (line.isApiErrorMessage) return inside ? [{ kind: "api_error" }] : [{ kind: "api_error" }, { kind: "end" }]
	const blocks = blocksOf(line)
	const calls = blocks.flatMap(({ type, id, name: tool, input: given = {} }): Deed[] =>
		type === "tool_use" && id && tool
			? [
					{
						kind: "call",
						id,
						tool,
						input: fingerprint(`${tool} ${JSON.stringify(essentials(given))}`),
						allowedMs: allowedMs(tool, given),
						question: isQuestion(tool),
						inside,
					},
				]
			: [],
	)
	const stop = line.message?.stop_reason
	if (!inside && stop && stop !== "tool_use" && stop !== "pause_turn")
		return [...calls, { kind: "answered" }, { kind: "end" }]
	if (calls.length > 0) return [{ kind: "answered" }, ...calls]
	return [{ kind: !inside && !stop && blocks.some(({ type }) => type === "text") ? "text" : "sign" }]
}

/** A call's arguments without those in which equal calls differ. */
const essentials = ({ description: _, ...rest }: Readonly<Record<string, unknown>>) => rest

function input(line: Line, inside: boolean): Deed[] {
	const results = blocksOf(line).flatMap((one): Deed[] => {
		if (one.type !== "tool_result" || !one.tool_use_id) return []
		const failed = one.is_error === true
		const output = fingerprint(`${failed} ${textOf(one.content)}`)
		return [{ kind: "result", id: one.tool_use_id, tool: "", failed, output, input: undefined, exact: true, inside }]
	})
	const said = promptOf(line)
	if (ENDS.test(said)) return inside ? results : [...results, { kind: "end" }]
	if (results.length > 0) return results
	if (inside || line.isMeta || line.isCompactSummary) return [{ kind: "sign" }]
	const { permissionMode: mode, entrypoint } = line
	const asks = mode || entrypoint ? !NEVER_ASK.has(mode ?? "") && entrypoint !== WITHOUT_PERSON : undefined
	return [{ kind: "prompt", asks }]
}

const promptOf = (line: Line): string =>
	typeof line.message?.content === "string"
		? line.message.content
		: (blocksOf(line).find(({ type }) => type === "text")?.text ?? "")

const textOf = (content: unknown): string => (typeof content === "string" ? content : (JSON.stringify(content) ?? ""))
