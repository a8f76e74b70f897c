import type { Condition } from "./model.ts"
import { pathsOf } from "./timing.ts"

const AREAS: Readonly<Record<string, string>> = { telemetry: "opentelemetry", mcpServers: "mcp_servers" }

/** What a condition is about, in the health checker's words where it has one; undefined when it is about several things. */
export function componentOf(condition: Condition): string | undefined {
	const found = new Set(
		pathsOf(condition).map(({ path }) => {
			const [root, area] = path.spec.path.split(".")
			if (root === "health")
				return path.wildcardValue && "value" in path.wildcardValue ? path.wildcardValue.value : undefined
			if (root !== "metrics" || area === undefined) return root
			return AREAS[area] ?? area.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
		}),
	)
	return found.size === 1 ? [...found][0] : undefined
}

/** True for `health.X.status == 'unhealthy'`, by itself or for any X: the component is down, its other alerts are symptoms. */
export function isComponentDown(condition: Condition): boolean {
	if (condition.kind === "any") return isComponentDown(condition.of)
	if (condition.kind !== "state" || condition.op !== "==") return false
	return condition.path.spec.path === "health.*.status" && condition.state === condition.path.spec.states?.values.at(-1)
}
