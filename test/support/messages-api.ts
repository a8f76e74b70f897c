import { createServer, type ServerResponse } from "node:http"

export interface MessagesApi {
	readonly url: string
	/** What each answer used, in their order. */
	readonly ledger: readonly {
		readonly model: string
		readonly usage: typeof USAGE & { readonly output_tokens: number }
	}[]
	close(): Promise<void>
}

const OUTPUT_TOKENS = 42
const USAGE = { input_tokens: 120, cache_creation_input_tokens: 30, cache_read_input_tokens: 50 }

/**
 * A loopback endpoint that answers as the Messages API does when streaming: first it asks for one Bash call, and once
 * a tool's result is in the conversation it says that it is done. Each answer has 42 tokens.
 */
export async function startMessagesApi(command: string): Promise<MessagesApi> {
	const ledger: MessagesApi["ledger"][number][] = []
	const server = createServer(async (req, res) => {
		const chunks: Buffer[] = []
		for await (const chunk of req) chunks.push(chunk as Buffer)
		if (!req.url?.startsWith("/v1/messages")) return void res.writeHead(404).end("{}")
		const body = JSON.parse(Buffer.concat(chunks).toString() || "{}")
		if (req.url.includes("count_tokens")) return void res.end(JSON.stringify({ input_tokens: 1 }))
		const done = JSON.stringify(body.messages ?? []).includes('"tool_result"')
		ledger.push({ model: String(body.model), usage: { ...USAGE, output_tokens: OUTPUT_TOKENS } })
		stream(res, ledger.length, body.model, done ? undefined : command)
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const address = server.address()
	if (address === null || typeof address === "string") throw new Error("no port")
	return {
		url: `http://127.0.0.1:${address.port}`,
		ledger,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
}

function stream(res: ServerResponse, number: number, model: string, command: string | undefined): void {
	const [block, delta] =
		command === undefined
			? [
					{ type: "text", text: "" },
					{ type: "text_delta", text: "done" },
				]
			: [
					{ type: "tool_use", id: `toolu_${number}`, name: "Bash", input: {} },
					{ type: "input_json_delta", partial_json: JSON.stringify({ command, description: "say hi" }) },
				]
	const message = {
		id: `msg_${number}`,
		type: "message",
		role: "assistant",
		model,
		content: [],
		stop_reason: null,
		stop_sequence: null,
	}
	const events = [
		{ type: "message_start", message: { ...message, usage: { ...USAGE, output_tokens: 1 } } },
		{ type: "content_block_start", index: 0, content_block: block },
		{ type: "content_block_delta", index: 0, delta },
		{ type: "content_block_stop", index: 0 },
		{
			type: "message_delta",
			delta: { stop_reason: command === undefined ? "end_turn" : "tool_use", stop_sequence: null },
			usage: { ...USAGE, output_tokens: OUTPUT_TOKENS },
		},
		{ type: "message_stop" },
	]
	res.writeHead(200, { "content-type": "text/event-stream", "request-id": `req_${number}` })
	for (const event of events) res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
	res.end()
}
