import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js"
import type { Logger } from "../../../core/lib/log.ts"
import type { UsableMcpServer } from "../../../core/lib/mcp-config.ts"

/** Limit of tools/list pages, for a server that never ends its list. */
const MAX_PAGES = 50
/** Longest wait for a child's exit after its standard input was closed; the SDK kills it earlier. */
const CLOSE_MS = 5_000
const STDERR_LINE = 500

/** Facts about an answering server. */
export interface ServerFacts {
	readonly tools: number
	/** The negotiated protocol version. */
	readonly protocol: string
}

/** One connection to one server, from its opening to its end. */
export class Connection {
	/** Either side has ended it. */
	closed = false
	/** It received something that is not MCP. */
	garbage = false
	/** The negotiated protocol version. */
	protocol = "unknown"
	onClosed: () => void = () => undefined
	onGarbage: () => void = () => undefined
	readonly #transport: Transport
	readonly #client = new Client({ name: "mcp-observatory", version: "1" })
	readonly #gone: Promise<void>

	constructor(config: UsableMcpServer, log: Logger) {
		this.#transport = makeTransport(config, log)
		const { setProtocolVersion } = this.#transport
		this.#transport.setProtocolVersion = (version) => {
			this.protocol = version
			setProtocolVersion?.call(this.#transport, version)
		}
		this.#gone = new Promise((resolve) => {
			this.#transport.onclose = () => {
				this.closed = true
				resolve()
				this.onClosed()
			}
		})
		this.#transport.onerror = (error) => {
			if (error.name !== "SyntaxError" && error.name !== "ZodError") return
			this.garbage = true
			this.onGarbage()
		}
	}

	/** initialize. */
	async open(signal: AbortSignal, timeoutMs: number): Promise<void> {
		await this.#client.connect(this.#transport, { signal, timeout: timeoutMs })
	}

	/** ping, then tools/list when the server has tools. */
	async check(signal: AbortSignal, timeoutMs: number): Promise<ServerFacts> {
		const tools = await this.#countTools(signal, timeoutMs)
		return { tools, protocol: this.protocol }
	}

	async #countTools(signal: AbortSignal, timeoutMs: number): Promise<number> {
		const options = { signal, timeout: timeoutMs }
		await this.#client.ping(options)
		if (!this.#client.getServerCapabilities()?.tools) return 0
		let tools = 0
		let cursor: string | undefined
		for (let page = 0; page < MAX_PAGES; page++) {
			const request = { method: "tools/list", params: cursor === undefined ? {} : { cursor } } as const
			const result = await this.#client.request(request, ListToolsResultSchema, options)
			tools += result.tools.length
			cursor = result.nextCursor
			if (cursor === undefined) break
		}
		return tools
	}

	/** Ends the connection and its child. Never rejects, and takes a bounded time. */
	async close(): Promise<void> {
		this.onClosed = () => undefined
		const wasOpen = !this.closed
		this.closed = true
		if (wasOpen && this.#transport instanceof StreamableHTTPClientTransport)
			await Promise.race([this.#transport.terminateSession().catch(() => undefined), after(500)])
		await this.#client.close().catch(() => undefined)
		await this.#transport.close().catch(() => undefined)
		// A failed initialize closes the transport by itself; its child may still be exiting.
		if (this.#transport instanceof StdioClientTransport) await Promise.race([this.#gone, after(CLOSE_MS)])
	}
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())

function makeTransport(config: UsableMcpServer, log: Logger): Transport {
	if (config.transport === "stdio") return makeStdio(config, log)
	const url = new URL(config.url)
	const requestInit = { headers: { ...config.headers } }
	if (config.transport === "sse") return new SSEClientTransport(url, { requestInit })
	// The next probe opens a new connection, so the transport must not reconnect.
	const reconnectionOptions = {
		initialReconnectionDelay: 1_000,
		maxReconnectionDelay: 1_000,
		reconnectionDelayGrowFactor: 1,
		maxRetries: 0,
	}
	return new StreamableHTTPClientTransport(url, { requestInit, reconnectionOptions }) as Transport
}

function makeStdio(config: UsableMcpServer & { transport: "stdio" }, log: Logger): Transport {
	const transport = new StdioClientTransport({
		command: config.command,
		args: [...config.args],
		env: { ...config.env },
		stderr: "pipe",
		...(config.cwd === undefined ? {} : { cwd: config.cwd }),
	})
	transport.stderr?.on("data", (chunk: Buffer) => {
		log.debug({ stderr: chunk.toString("utf8", 0, STDERR_LINE).trimEnd() }, "MCP server wrote to its standard error")
	})
	return transport
}
