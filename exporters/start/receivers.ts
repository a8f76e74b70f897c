import { createMcpProber } from "../sources/mcp/prober.ts"
import type { McpProber } from "../sources/mcp/types.ts"
import { followMcpConfig } from "../sources/mcp/watch.ts"
import { createOtlpReceiver } from "../sources/otlp/receiver.ts"
import type { Run } from "./run.ts"

export type OtlpReceiver = Awaited<ReturnType<typeof createOtlpReceiver>>

/** Takes what applications send, which tells of health and of the autonomous system; undefined where neither is asked. */
export async function startOtlp({ settings, telemetry, clock, log, life }: Run): Promise<OtlpReceiver | undefined> {
	if (!settings.groups.some((group) => group === "health" || group === "autonomous")) return undefined
	const receiver = await createOtlpReceiver({
		telemetry,
		listen: settings.otlpListen,
		token: settings.otlpToken,
		log,
		clock,
	})
	life.onClose("OTLP receiver", () => receiver.close())
	return receiver
}

/** Probes the configured MCP servers, and follows edits of their file; undefined where health is not asked. */
export function startProber({ settings, telemetry, clock, log, life }: Run): McpProber | undefined {
	if (!settings.groups.includes("health")) return undefined
	const { file, servers, env } = settings.mcp
	const prober = createMcpProber({ telemetry, servers, log, clock })
	life.onClose("MCP prober", () => prober.close())
	prober.start()
	if (file !== undefined) {
		const watch = followMcpConfig({ file, env, prober, log })
		life.onClose("watch of the MCP server file", () => watch.close())
	}
	return prober
}
