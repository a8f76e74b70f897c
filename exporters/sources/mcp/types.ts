import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Telemetry } from "../../../core/metrics/registry.ts"

/** A server that is started as a child process and spoken to over its standard input and output. */
interface StdioServer {
	readonly transport: "stdio"
	readonly command: string
	readonly args: readonly string[]
	readonly env: Readonly<Record<string, string>>
	readonly cwd?: string
}

/** A server that is reached over HTTP: streamable HTTP, or the older server-sent events. */
interface HttpServer {
	readonly transport: "http" | "sse"
	readonly url: string
	readonly headers: Readonly<Record<string, string>>
}

export type McpServerConfig = { readonly name: string } & (StdioServer | HttpServer)

export interface McpProberOptions {
	readonly telemetry: Telemetry
	readonly servers: readonly McpServerConfig[]
	readonly log: Logger
	readonly clock: Clock
	/** From the start of one round of probes to the start of the next; 15 s when not given. */
	readonly intervalMs?: number
	/** How long a server may take to answer a probe, or to be connected to over HTTP; 5 s when not given. */
	readonly timeoutMs?: number
	/** How long a child may take from its start to its first answer; 30 s when not given, since npx may fetch it first. */
	readonly startTimeoutMs?: number
}

/** Probes every configured server, each on its own schedule, until it is closed. */
export interface McpProber {
	/** Starts probing at once. */
	start(): void
	/** Ends all connections and child processes. */
	close(): Promise<void>
	/** The latest state by server name; a server that has not been probed yet is absent. */
	states(): ReadonlyMap<string, McpState>
	/** Whether a server of this name is configured. */
	has(name: string): boolean
	/** Takes over a new list: unchanged servers keep their connection. */
	update(servers: readonly McpServerConfig[]): void
	/** Drops the connection, connects anew and probes once. Undefined when no such server is configured. */
	reconnect(name: string): Promise<McpState | undefined>
}
