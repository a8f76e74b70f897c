import type { Component, HealthState } from "../../core/catalogue/subjects/components.ts"
import type { McpState } from "../../core/catalogue/subjects/mcp.ts"

/** The check of one component. It never throws because of the component: that it cannot be reached is its finding. */
export interface ComponentCheck {
	readonly component: Component
	/** Undefined when there is nothing to check yet: then the component has no series. */
	check(signal: AbortSignal): Promise<HealthState | undefined>
}

/** A component whose state somebody in this process knows. */
export const reported = (component: Component, state: () => HealthState | undefined): ComponentCheck => ({
	component,
	check: async () => state(),
})

/** All servers connected is healthy, none unhealthy, anything between degraded; without servers there is no state. */
export function mcpHealth(states: Iterable<McpState>): HealthState | undefined {
	const all = [...states]
	if (all.length === 0) return undefined
	const connected = all.filter((state) => state === "connected").length
	if (connected === all.length) return "healthy"
	return connected === 0 ? "unhealthy" : "degraded"
}
