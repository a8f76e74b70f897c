import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js"
import type { Logger } from "../../../core/lib/log.ts"
import type { McpServerConfig } from "./types.ts"

/** How many pages of tools/list are followed; a server that never ends its list must not keep us. */
const MAX_PAGES = 50
/** How long a child may take to go after its standard input was closed; the SDK kills it before. */
const CLOSE_MS = 5_000
const STDERR_LINE = 500

/** What a server that answers says of itself. */
export interface ServerFacts {
	readonly tools: number
	/** The protocol version that was agreed on. */
	readonly protocol: string
}

/** One connection to one server, from the moment it is opened to the moment it is gone. */
export class Connection {
	/** The other side has ended it, or we have. */
	closed = false
	/** Something that is not MCP came through it. */
	garbage = false
	/** The protocol version that was agreed on. */
	protocol = "unknown"
	onClosed: () => void = () => undefined
	onGarbage: () => void = () => undefined
	readonly #transport: Transport
	readonly #client = new Client({ name: "mcp-observatory", version: "1" })
	readonly #gone: Promise<void>

	constructor(config: McpServerConfig, log: Logger) {
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

	/** Ends it, and the child with it. Never rejects, and takes a bounded time. */
	async close(): Promise<void> {
		this.onClosed = () => undefined
		const wasOpen = !this.closed
		this.closed = true
		if (wasOpen && this.#transport instanceof StreamableHTTPClientTransport)
			await Promise.race([this.#transport.terminateSession().catch(() => undefined), after(500)])
		await this.#client.close().catch(() => undefined)
		await this.#transport.close().catch(() => undefined)
		// A failed initialize has begun to close the transport by itself; the child may still be going.
		if (this.#transport instanceof StdioClientTransport) await Promise.race([this.#gone, after(CLOSE_MS)])
	}
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())

function makeTransport(config: McpServerConfig, log: Logger): Transport {
	if (config.transport === "stdio") return makeStdio(config, log)
	const url = new URL(config.url)
	const requestInit = { headers: { ...config.headers } }
	if (config.transport === "sse") return new SSEClientTransport(url, { requestInit })
	// The next probe connects anew, so the transport must not do it behind our back.
	const reconnectionOptions = {
		initialReconnectionDelay: 1_000,
		maxReconnectionDelay: 1_000,
		reconnectionDelayGrowFactor: 1,
		maxRetries: 0,
	}
	return new StreamableHTTPClientTransport(url, { requestInit, reconnectionOptions }) as Transport
}

function makeStdio(config: McpServerConfig & { transport: "stdio" }, log: Logger): Transport {
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
