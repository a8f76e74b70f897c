import { promql } from "../../../core/catalogue/promql.ts"
import { COMPONENTS, type Component, componentStatus } from "../../../core/catalogue/subjects/components.ts"
import { collectorSuccess } from "../../../core/catalogue/subjects/observatory.ts"
import { formula, type Query, vector } from "../../kit/query.ts"
import type { Steps } from "../../kit/thresholds.ts"
import { TILE, wordsOf } from "../../kit/words.ts"

const NAMES: Readonly<Record<Component, string>> = {
	database: "Database",
	opentelemetry: "Telemetry",
	mcp_servers: "MCP servers",
	github_actions: "GitHub Actions",
}

/** A component's state as one number, worst replica first: healthy 2, degraded 1, unhealthy 0. */
const stateOf = (component: Component) =>
	promql`min(sum by (instance, job) (2 * ${vector(componentStatus, { component, status: "healthy" })} or ${vector(componentStatus, { component, status: "degraded" })} or 0 * ${vector(componentStatus, { component, status: "unhealthy" })}))`

/** -1 while the health collector works, which then says that a component without a state is not set up. */
const measured = promql`-1 * max(${vector(collectorSuccess, { collector: componentStatus.emitter })} == 1)`

/** The state of every component as a number that `STATE_WORDS` turns into a word; one that is not watched included. */
export const componentStates: readonly Query[] = COMPONENTS.map((component) =>
	formula(promql`${stateOf(component)} or ${measured} or vector(-2)`, {
		measure: "state",
		legend: NAMES[component],
		meaning:
			"Healthy, degraded or unhealthy as the latest check found it. Not set up: nothing to check was given. Unknown: the checks themselves do not run, so nothing can be said.",
	}),
)

const WORDS = [
	[-2, "unknown", TILE.unknown],
	[-1, "not set up", TILE.none],
	[0, "unhealthy", TILE.bad],
	[1, "degraded", TILE.warning],
	[2, "healthy", TILE.good],
] as const

export const STATE_WORDS = wordsOf(WORDS)

export const STATE_STEPS: Steps = WORDS.map(([value, , color], index) => ({
	value: index === 0 ? null : value,
	color,
}))
