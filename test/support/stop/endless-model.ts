import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** The tool that the agent calls again and again. */
export type EndlessTool = "bash" | "mcp" | "subagent" | "long-bash"

export interface EndlessModel {
	readonly url: string
	/** The times of its answers, in milliseconds since the epoch. */
	readonly calls: readonly number[]
	/** The calls that it refused because the limit was 0. */
	readonly refused: readonly number[]
	/** With false, answers 429 as at a spend limit of 0. */
	permit(permitted: boolean): void
	close(): Promise<void>
}

interface Request {
	readonly model: string
	readonly stream?: boolean
	readonly tools?: readonly { readonly name: string }[]
	readonly messages?: readonly { readonly role: string; readonly content: unknown }[]
}

/** What a subagent is asked to do; the model recognises its conversation by it. */
const SUBTASK = "write the time again and again, as the subagent"
const THINKING_MS = 300
const USAGE = { input_tokens: 120, cache_creation_input_tokens: 30, cache_read_input_tokens: 50, output_tokens: 42 }

/**
 * A loopback Messages API whose agent never gives up: each answer asks for one more tool call, whatever was denied
 * before. `command` is the shell command of those calls.
 */
export async function startEndlessModel(tool: EndlessTool, command: string): Promise<EndlessModel> {
	const calls: number[] = []
	const refused: number[] = []
	let permitted = true
	const server = createServer(async (req, res) => {
		const chunks: Buffer[] = []
		for await (const chunk of req) chunks.push(chunk as Buffer)
		if (!req.url?.startsWith("/v1/messages")) return void res.writeHead(404).end("{}")
		const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Request
		if (req.url.includes("count_tokens")) return void res.end(JSON.stringify({ input_tokens: 1 }))
		if (!permitted) {
			refused.push(Date.now())
			const error = { type: "rate_limit_error", message: "spend limit reached" }
			res.writeHead(429, { "content-type": "application/json", "x-should-retry": "false" })
			return void res.end(JSON.stringify({ type: "error", error }))
		}
		calls.push(Date.now())
		const number = calls.length
		await new Promise((resolve) => setTimeout(resolve, THINKING_MS))
		answer(res, { number, model: body.model, streams: body.stream === true, block: nextCall(body, tool, command) })
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		calls,
		refused,
		permit: (now) => {
			permitted = now
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
}

interface ToolCall {
	readonly name: string
	readonly input: object
}

/** The next tool call; undefined for a request without tools, such as that for a title. */
function nextCall({ tools = [], messages = [] }: Request, tool: EndlessTool, command: string): ToolCall | undefined {
	const named = (wanted: RegExp) => tools.find(({ name }) => wanted.test(name))?.name
	const isSubagent = JSON.stringify(messages[0] ?? {}).includes(SUBTASK)
	const agent = named(/^(Agent|Task)$/)
	if (tool === "subagent" && agent !== undefined && !isSubagent)
		return {
			name: agent,
			input: { description: "write the time", prompt: SUBTASK, subagent_type: "general-purpose" },
		}
	const mcp = named(/^mcp__/)
	if (tool === "mcp" && mcp !== undefined) return { name: mcp, input: {} }
	const bash = named(/^Bash$/)
	return bash === undefined ? undefined : { name: bash, input: { command, description: "write the time" } }
}

interface Answer {
	readonly number: number
	readonly model: string
	readonly streams: boolean
	readonly block: ToolCall | undefined
}

function answer(res: ServerResponse, { number, model, streams, block }: Answer): void {
	const stopReason = block === undefined ? "end_turn" : "tool_use"
	const message = { id: `msg_${number}`, type: "message", role: "assistant", model, stop_sequence: null }
	const call = block && { type: "tool_use", id: `toolu_${number}_${Date.now()}`, name: block.name }
	if (!streams) {
		const content = call ? [{ ...call, input: block.input }] : [{ type: "text", text: "done" }]
		res.writeHead(200, { "content-type": "application/json", "request-id": `req_${number}` })
		return void res.end(JSON.stringify({ ...message, content, stop_reason: stopReason, usage: USAGE }))
	}
	const start = call ? { ...call, input: {} } : { type: "text", text: "" }
	const delta = block
		? { type: "input_json_delta", partial_json: JSON.stringify(block.input) }
		: { type: "text_delta", text: "done" }
	const events = [
		{ type: "message_start", message: { ...message, content: [], stop_reason: null, usage: USAGE } },
		{ type: "content_block_start", index: 0, content_block: start },
		{ type: "content_block_delta", index: 0, delta },
		{ type: "content_block_stop", index: 0 },
		{ type: "message_delta", delta: { stop_reason: stopReason, stop_sequence: null }, usage: USAGE },
		{ type: "message_stop" },
	]
	res.writeHead(200, { "content-type": "text/event-stream", "request-id": `req_${number}` })
	for (const event of events) res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
	res.end()
}
