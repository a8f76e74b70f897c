import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { McpServerConfig } from "../../../core/lib/mcp-config.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"

export interface McpProberOptions {
	readonly telemetry: MetricRegistry
	readonly servers: readonly McpServerConfig[]
	readonly log: Logger
	readonly clock: Clock
	/** Time between the starts of two probes of a server; default 15 s. */
	readonly intervalMs?: number
	/** Timeout of each request to a server that has answered; default 10 s. */
	readonly timeoutMs?: number
	/** Timeout of a start until its first answer; default 30 s, because npx may fetch the program first. */
	readonly startTimeoutMs?: number
}

/** Probes every configured server, each on its own schedule, until it is closed. */
export interface McpProber {
	/** Starts probing at once. */
	start(): void
	/** Ends all connections and child processes. */
	close(): Promise<void>
	/** The latest state by server name; a server is absent until its first probe ends. */
	states(): ReadonlyMap<string, McpState>
	/** Whether a server of this name is configured. */
	has(name: string): boolean
	/** Replaces the servers; unchanged ones keep their connection. */
	update(servers: readonly McpServerConfig[]): void
}
