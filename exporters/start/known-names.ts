import type { McpProber } from "../sources/mcp/types.ts"
import { priceOf } from "../sources/transcripts/prices.ts"
import type { ExporterContext } from "./context.ts"

/** Tools that Claude Code itself has. */
const TOOLS = new Set([
	...["Agent", "AskUserQuestion", "Bash", "BashOutput", "Edit", "ExitPlanMode", "Glob", "Grep", "KillShell", "LS"],
	...["MultiEdit", "NotebookEdit", "NotebookRead", "Read", "Skill", "SlashCommand", "Task", "TodoRead", "TodoWrite"],
	...["ToolSearch", "WebFetch", "WebSearch", "Write"],
])

/** Servers that are configured, models that have a price and known tools get a place before invented names. */
export function preferKnownNames({ telemetry, settings }: ExporterContext, prober: McpProber | undefined): void {
	const isServer = (name: string) => prober?.has(name) ?? false
	telemetry.prefer("server", isServer)
	telemetry.prefer("model", (name) => priceOf(name, settings.transcripts.prices) !== undefined)
	telemetry.prefer("tool", (name) => {
		const [, server] = /^mcp__(.+?)__/.exec(name) ?? []
		return server === undefined ? TOOLS.has(name) : isServer(server)
	})
}
