import type { Component, HealthState } from "../../core/catalogue/subjects/components.ts"
import type { McpState } from "../../core/catalogue/subjects/mcp.ts"

/** The check of one component. A failure of the component is a result, not an exception. */
export interface ComponentCheck {
	readonly component: Component
	/** Undefined while there is nothing to check; the component then has no series. */
	check(signal: AbortSignal): Promise<HealthState | undefined>
}

/** A component whose state another part of this process reports. */
export const reported = (component: Component, state: () => HealthState | undefined): ComponentCheck => ({
	component,
	check: async () => state(),
})

/** All servers connected: healthy; none: unhealthy; some: degraded; no servers: undefined. */
export function mcpHealth(states: Iterable<McpState>): HealthState | undefined {
	const all = [...states]
	if (all.length === 0) return undefined
	const connected = all.filter((state) => state === "connected").length
	if (connected === all.length) return "healthy"
	return connected === 0 ? "unhealthy" : "degraded"
}
