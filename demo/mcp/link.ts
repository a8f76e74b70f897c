import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { Tracer } from "@opentelemetry/api"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import type { Request, ServerName } from "../work/tool-calls.ts"
import { inSpan, MCP_SOURCE, MCP_TIMEOUT_MS, toolAttributes } from "./spans.ts"

/** The outcome of one request. A failure is a result, so that the session continues. */
export interface CallRecord {
	readonly request: Request
	readonly at: Date
	readonly durationMs: number
	readonly responseBytes: number
	readonly response: string | undefined
	readonly error: string | undefined
}

/** One attempt to connect. */
export interface ConnectionRecord {
	readonly server: ServerName
	readonly transport: string
	readonly at: Date
	readonly durationMs: number
	readonly error: string | undefined
}

/** A connection to one MCP server, opened at the first request and again after a failure. */
export interface McpLink {
	ask(request: Request, taskId: string): Promise<CallRecord>
	close(): Promise<void>
}

export interface LinkOptions {
	readonly server: ServerName
	readonly transport: "streamable-http" | "stdio"
	readonly open: () => Transport
	/** Called before an orderly close; not for a broken connection. */
	readonly beforeClose?: (transport: Transport) => Promise<void>
	readonly tracer: Tracer
	readonly signal: AbortSignal
	readonly onConnection?: (record: ConnectionRecord) => void
}

interface Connection {
	readonly client: Client
	readonly transport: Transport
}

export function createLink(options: LinkOptions): McpLink {
	const { server, tracer, signal } = options
	let current: Promise<Connection> | undefined

	const connect = async (): Promise<Connection> => {
		const at = new Date()
		const started = performance.now()
		const report = (error?: unknown) =>
			options.onConnection?.({
				server,
				transport: options.transport,
				at,
				durationMs: Math.round(performance.now() - started),
				error: error === undefined ? undefined : messageOf(error),
			})
		try {
			const connection = await inSpan(
				tracer,
				`mcp.connection.${server}`,
				{ "mcp.server": server, "mcp.source": MCP_SOURCE, "mcp.transport": options.transport },
				() => openConnection(options),
			)
			report()
			return connection
		} catch (error) {
			report(error)
			throw error
		}
	}
	const connected = (): Promise<Connection> => {
		if (current !== undefined) return current
		const attempt = connect()
		current = attempt
		const drop = () => {
			if (current === attempt) current = undefined
		}
		attempt.then(({ client }) => {
			client.onclose = drop
		}, drop)
		return attempt
	}
	const close = async (orderly: boolean) => {
		const closing = current
		current = undefined
		const connection = await closing?.catch(() => undefined)
		if (connection === undefined) return
		if (orderly) await options.beforeClose?.(connection.transport)
		await connection.client.close()
	}

	return {
		async ask(request, taskId) {
			const at = new Date()
			const started = performance.now()
			const record = { request, at }
			try {
				const { text, bytes } = await relayed(signal, (own) => traced(tracer, request, taskId, started, connected, own))
				return {
					...record,
					durationMs: performance.now() - started,
					responseBytes: bytes,
					response: text,
					error: undefined,
				}
			} catch (error) {
				// A refused call leaves the connection intact; after any other error the next call opens a new one.
				if (!(error instanceof ToolRefusal)) await close(false)
				signal.throwIfAborted()
				const durationMs = performance.now() - started
				return { ...record, durationMs, responseBytes: 0, response: undefined, error: messageOf(error) }
			}
		},
		close: () => close(true),
	}
}

/** Gives each request its own signal, because the SDK does not remove its listeners. */
async function relayed<T>(signal: AbortSignal, work: (own: AbortSignal) => Promise<T>): Promise<T> {
	const own = new AbortController()
	const abort = () => own.abort(signal.reason)
	signal.addEventListener("abort", abort, { once: true })
	try {
		return await work(own.signal)
	} finally {
		signal.removeEventListener("abort", abort)
	}
}

class ToolRefusal extends Error {
	override readonly name = "ToolRefusal"
}

async function openConnection({ open, server, signal }: LinkOptions): Promise<Connection> {
	const transport = open()
	const client = new Client({ name: "demo-autonomous-system", version: "1.0.0" })
	try {
		await relayed(signal, (own) => client.connect(transport, { timeout: MCP_TIMEOUT_MS, signal: own }))
		return { client, transport }
	} catch (error) {
		await client.close()
		throw new ObservatoryError("source_unreachable", `The MCP server ${server} cannot be reached`, { cause: error })
	}
}

/** Sends the request within its span, which contains the instrumented client's span. */
function traced(
	tracer: Tracer,
	request: Request,
	taskId: string,
	started: number,
	connected: () => Promise<Connection>,
	signal: AbortSignal,
): Promise<{ text: string; bytes: number }> {
	const options = { timeout: MCP_TIMEOUT_MS, signal }
	const [name, attributes, method, params] =
		request.kind === "tool"
			? ([
					`mcp.${request.server}.${request.name}`,
					toolAttributes(request.server, request.name, request.args, taskId),
					"tools/call",
					{ name: request.name, arguments: request.args },
				] as const)
			: ([
					`mcp.resource.${request.server}`,
					{ "mcp.server": request.server, "mcp.resource.uri": request.uri },
					"resources/read",
					{ uri: request.uri },
				] as const)
	return inSpan(tracer, name, attributes, async (span) => {
		try {
			const { client } = await connected()
			const answer = await inSpan(
				tracer,
				`mcp.${method}`,
				{ "mcp.method": method, "mcp.params": JSON.stringify(params) },
				async (inner) => {
					const result =
						request.kind === "tool"
							? await client.callTool({ name: request.name, arguments: request.args }, undefined, options)
							: await client.readResource({ uri: request.uri }, options)
					const text = JSON.stringify(result)
					inner.setAttribute("mcp.response_size", Buffer.byteLength(text))
					return { text, refused: "isError" in result && result.isError === true }
				},
			)
			const bytes = Buffer.byteLength(answer.text)
			span.setAttribute("mcp.response_size_bytes", bytes)
			if (answer.refused) throw new ToolRefusal(`The tool refused: ${answer.text.slice(0, 300)}`)
			return { text: answer.text, bytes }
		} finally {
			span.setAttribute("mcp.duration_ms", Math.round(performance.now() - started))
		}
	})
}
