import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js"
import type { Clock } from "../../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { UsableMcpServer } from "../../../core/lib/mcp-config.ts"
import { Budget } from "./budget.ts"
import { endSession, httpTransport, meaningOf } from "./http-transport.ts"
import { StdioTransport } from "./stdio-transport.ts"
import { countTools } from "./tools.ts"

const MIB = 1024 * 1024
/** Far above the answers of a server with 5,000 tools that is probed every 15 s. */
const BYTES = { burst: 32 * MIB, perSecond: MIB }
const MESSAGES = { burst: 10_000, perSecond: 100 }

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
	/** Rejects with the reason when the connection ends by itself, or has to be ended because it floods us. */
	readonly failed: Promise<never>
	readonly #transport: Transport
	readonly #client = new Client({ name: "mcp-observatory", version: "1" })
	readonly #bytes: Budget
	readonly #messages: Budget
	readonly #clock: Clock
	readonly #log: Logger
	/** The HTTP status that refused a request of the latest step. */
	#refusal: number | undefined
	#fail: (reason: Error) => void = () => undefined

	constructor(config: UsableMcpServer, clock: Clock, log: Logger) {
		this.#clock = clock
		this.#log = log
		this.#bytes = new Budget(BYTES.burst, BYTES.perSecond, clock)
		this.#messages = new Budget(MESSAGES.burst, MESSAGES.perSecond, clock)
		this.failed = new Promise<never>((_, reject) => {
			this.#fail = reject
		})
		this.failed.catch(() => undefined)
		this.#transport = this.#makeTransport(config)
		const { setProtocolVersion } = this.#transport
		this.#transport.setProtocolVersion = (version) => {
			this.protocol = version
			setProtocolVersion?.call(this.#transport, version)
		}
		this.#transport.onclose = () => {
			this.closed = true
			// Over HTTP it is the client that closes, after a failure that says more.
			if (config.transport === "stdio")
				this.#fail(this.#exited() ?? new ObservatoryError("source_unreachable", "its program ended"))
			this.onClosed()
		}
		this.#transport.onmessage = () => this.#count()
		this.#transport.onerror = (error) => {
			if (error instanceof ObservatoryError) this.#flooded()
			if (!isMalformed(error)) return
			this.garbage = true
			this.#count()
		}
	}

	/** initialize. */
	async open(signal: AbortSignal, timeoutMs: number): Promise<void> {
		this.#refusal = undefined
		await this.#client.connect(this.#transport, { signal, timeout: timeoutMs })
	}

	/**
	 * tools/list when the server has tools, else ping; any answer to a ping will do, because not every server knows it.
	 * `timeoutMs` is for each request.
	 */
	async check(signal: AbortSignal, timeoutMs: number): Promise<ServerFacts> {
		this.#refusal = undefined
		const options = { signal, timeout: timeoutMs }
		if (this.#client.getServerCapabilities()?.tools) {
			const { tools, cut } = await countTools(this.#client, this.#clock, options)
			if (cut) this.#log.warn({ tools }, "MCP server's list of tools does not end; the first of them are counted")
			return { tools, protocol: this.protocol }
		}
		await this.#client.ping(options).catch((error: unknown) => {
			if (!(error instanceof McpError && error.code === ErrorCode.MethodNotFound)) throw error
		})
		return { tools: 0, protocol: this.protocol }
	}

	/** How the program of a stdio server ended, as the reason of a failure; undefined while it runs, and over HTTP. */
	#exited(): ObservatoryError | undefined {
		const exit = this.#transport instanceof StdioTransport ? this.#transport.exit : undefined
		if (exit === undefined) return undefined
		const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
		return new ObservatoryError(
			"source_unreachable",
			`its program ended ${how}${exit.lastLine === "" ? "" : `; it wrote last: ${exit.lastLine}`}`,
		)
	}

	/** The reason of a failure, in words of ours where we know more than the error says. */
	explain(error: unknown): unknown {
		const notMcp = "it writes what is not MCP"
		if (error instanceof ObservatoryError)
			return this.garbage && error.code === "timeout" ? `${notMcp}; ${error.message}` : error
		if (this.#refusal !== undefined) return meaningOf(this.#refusal)
		return error instanceof Error && isMalformed(error) ? `${notMcp}: ${messageOf(error)}` : error
	}

	/** Ends the connection and its processes. Never rejects, and takes a bounded time. */
	async close(): Promise<void> {
		this.onClosed = () => undefined
		const wasOpen = !this.closed
		this.closed = true
		if (wasOpen) await Promise.race([endSession(this.#transport).catch(() => undefined), after(500)])
		await this.#client.close().catch(() => undefined)
		// A failed initialize closes the transport by itself; its processes may still be exiting.
		await this.#transport.close().catch(() => undefined)
	}

	#count(): void {
		if (!this.#messages.use(1)) this.#flooded()
	}

	#flooded(): void {
		const what = this.garbage ? "it writes what is not MCP" : "it writes more than was asked for"
		this.#fail(new ObservatoryError("source_malformed", `${what}, without end`))
		void this.#transport.close()
	}

	#makeTransport(config: UsableMcpServer): Transport {
		const withinBytes = (count: number) => {
			const within = this.#bytes.use(count)
			if (!within) this.#flooded()
			return within
		}
		if (config.transport !== "stdio") {
			const refused = (status: number) => {
				this.#refusal = status
			}
			// The SDK's class declares a session id that may be undefined, which its interface does not.
			return httpTransport(config, { refused, bytes: withinBytes }) as Transport
		}
		const transport = new StdioTransport(config, this.#log)
		transport.onbytes = withinBytes
		return transport
	}
}

const isMalformed = (error: Error): boolean => error.name === "SyntaxError" || error.name === "ZodError"

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
