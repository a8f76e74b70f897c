import { createMcpProber } from "../sources/mcp/prober.ts"
import type { McpProber } from "../sources/mcp/types.ts"
import { followMcpConfig } from "../sources/mcp/watch.ts"
import type { ExporterContext } from "./context.ts"

/** Probes the configured MCP servers, and reloads their file when it changes; undefined where group health is not exposed. */
export function startProber({ settings, telemetry, clock, log, lifecycle }: ExporterContext): McpProber | undefined {
	if (!settings.groups.includes("health")) return undefined
	const { file, servers, env } = settings.mcp
	const prober = createMcpProber({ telemetry, servers, log, clock })
	lifecycle.onClose("MCP prober", () => prober.close())
	prober.start()
	if (file !== undefined) {
		const watch = followMcpConfig({ file, env, prober, log })
		lifecycle.onClose("watch of the MCP server file", () => watch.close())
	}
	return prober
}
