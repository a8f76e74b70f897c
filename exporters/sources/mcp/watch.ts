import { unwatchFile, watchFile } from "node:fs"
import type { Env } from "../../../core/lib/config.ts"
import { explain } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { loadMcpConfig } from "../../../core/lib/mcp-config.ts"
import type { McpProber } from "./types.ts"

export interface McpConfigWatch {
	/** What is wrong with the file as it is now; undefined while the prober follows it. */
	problem(): string | undefined
	close(): void
}

/**
 * Updates a prober when its file changes. After an invalid edit the former servers stay, and the problem is logged.
 * The file is polled, which also works across renames and mounted volumes.
 */
export function followMcpConfig(options: {
	readonly file: string
	readonly env: Env
	readonly prober: McpProber
	readonly log: Logger
	/** Polling interval in milliseconds; default 2 s. */
	readonly everyMs?: number
}): McpConfigWatch {
	const { file, env, prober, log, everyMs = 2_000 } = options
	let problem: string | undefined
	let closed = false
	const reload = async () => {
		try {
			const servers = await loadMcpConfig(file, env)
			if (closed) return
			prober.update(servers)
			problem = undefined
			log.info({ file, servers: servers.map(({ name }) => name) }, "MCP servers read again")
		} catch (error) {
			problem = explain(error)
			log.error({ file, problem }, "the changed MCP server file is invalid; keeping the former servers")
		}
	}
	watchFile(file, { interval: everyMs }, () => void reload())
	return {
		problem: () => problem,
		close() {
			closed = true
			unwatchFile(file)
		},
	}
}
