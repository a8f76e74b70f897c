import { isDeepStrictEqual } from "node:util"
import {
	MCP_STATES,
	type McpState,
	mcpLastSuccess,
	mcpProbeDuration,
	mcpProbeErrors,
	mcpProbes,
	mcpServerInfo,
	mcpServerStatus,
	mcpTools,
} from "../../../core/catalogue/subjects/mcp.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { McpServerConfig } from "../../../core/lib/mcp-config.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"
import { type ProbeReport, ServerProbe } from "./probe.ts"
import type { McpProber, McpProberOptions } from "./types.ts"

/** Creates the prober and its instruments; the counters of every configured server start at 0. */
export function createMcpProber(options: McpProberOptions): McpProber {
	const { telemetry, log, clock, intervalMs = 15_000, timeoutMs = 10_000, startTimeoutMs = 30_000 } = options
	const instruments = makeInstruments(telemetry, clock)
	const probes = new Map<string, ServerProbe>()
	const closing = new Set<Promise<void>>()
	let running = false

	const add = (config: McpServerConfig) => {
		const report = instruments.report(config.name)
		const probe = new ServerProbe(config, { intervalMs, timeoutMs, startTimeoutMs }, report, clock, log)
		probes.set(config.name, probe)
		if (running) probe.start()
	}
	const remove = (probe: ServerProbe) => {
		probes.delete(probe.config.name)
		const closed: Promise<void> = probe.close().finally(() => closing.delete(closed))
		closing.add(closed)
	}

	for (const server of options.servers) add(server)
	return {
		start() {
			if (running) return
			running = true
			for (const probe of probes.values()) probe.start()
		},
		async close() {
			running = false
			for (const probe of [...probes.values()]) remove(probe)
			await Promise.all(closing)
		},
		states: () => {
			const known = [...probes.values()].flatMap(({ config, state }) => (state ? [[config.name, state] as const] : []))
			return new Map<string, McpState>(known)
		},
		has: (name) => probes.has(name),
		update(servers) {
			const wanted = new Map(servers.map((server) => [server.name, server]))
			for (const probe of [...probes.values()]) {
				const next = wanted.get(probe.config.name)
				if (isDeepStrictEqual(next, probe.config)) wanted.delete(probe.config.name)
				else remove(probe)
				if (next === undefined) instruments.forget(probe.config.name)
			}
			for (const server of wanted.values()) add(server)
		},
	}
}

function makeInstruments(telemetry: MetricRegistry, clock: Clock) {
	const status = telemetry.gauge(mcpServerStatus)
	const tools = telemetry.gauge(mcpTools)
	const attempts = telemetry.counter(mcpProbes)
	const errors = telemetry.counter(mcpProbeErrors)
	const duration = telemetry.histogram(mcpProbeDuration)
	const info = telemetry.gauge(mcpServerInfo)
	const lastSuccess = telemetry.gauge(mcpLastSuccess)
	const protocols = new Map<string, string>()
	const absent = (server: string) => {
		tools.remove({ server })
		const protocol = protocols.get(server)
		if (protocol !== undefined) info.remove({ server, protocol })
		protocols.delete(server)
	}
	return {
		report(server: string): ProbeReport {
			attempts.inc({ server }, 0)
			errors.inc({ server }, 0)
			return {
				probed(success) {
					attempts.inc({ server })
					if (success === undefined) {
						errors.inc({ server })
						return
					}
					const { seconds, protocol } = success
					duration.observe({ server }, seconds)
					lastSuccess.set({ server }, clock.now() / 1000)
					absent(server)
					tools.set({ server }, success.tools)
					info.set({ server, protocol }, 1)
					protocols.set(server, protocol)
				},
				state(state) {
					for (const known of MCP_STATES) status.set({ server, status: known }, known === state ? 1 : 0)
					if (state !== "connected") absent(server)
				},
			}
		},
		/** A server that is no longer configured has no state; its counters remain. */
		forget(server: string) {
			for (const known of MCP_STATES) status.remove({ server, status: known })
			lastSuccess.remove({ server })
			absent(server)
		},
	}
}
