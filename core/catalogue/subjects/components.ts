import { gauge, oneOf, path, recording, subject } from "../define.ts"
import { promql } from "../promql.ts"

/** The four components whose health the strategy's checker asks for, in its words. */
export const COMPONENTS = ["database", "opentelemetry", "mcp_servers", "github_actions"] as const
export type Component = (typeof COMPONENTS)[number]

export const HEALTH_STATES = ["healthy", "degraded", "unhealthy"] as const
export type HealthState = (typeof HEALTH_STATES)[number]

export const componentStatus = gauge({
	name: "autonomous_component_status",
	group: "health",
	quantity: "state",
	help: "Health of a component as a state set: 1 on the current state, 0 on the others. A component that is not configured has no series.",
	labels: { component: oneOf(...COMPONENTS), status: oneOf(...HEALTH_STATES) },
	emitter: "health",
	essential: true,
})

export const componentCheckDuration = gauge({
	name: "autonomous_component_check_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "How long the latest health check of a component took.",
	labels: { component: oneOf(...COMPONENTS) },
	emitter: "health",
})

export const componentLastHealthy = gauge({
	name: "autonomous_component_last_healthy_timestamp_seconds",
	group: "health",
	quantity: "timestamp",
	help: "When a health check last found a component healthy, in seconds since the epoch; absent before the first time.",
	labels: { component: oneOf(...COMPONENTS) },
	emitter: "health",
})

export const overallHealthScore = recording({
	name: "autonomous:health:score",
	quantity: "ratio",
	help: "Mean health of the configured components: a healthy one counts 1, a degraded one 0.5, an unhealthy one 0.",
	formula: "(healthy + 0.5 × degraded) ÷ components",
	expr: promql`avg(min by (component) (sum by (component, instance) (${{ of: componentStatus, matchers: { status: "healthy" } }} or 0.5 * ${{ of: componentStatus, matchers: { status: "degraded" } }} or 0 * ${{ of: componentStatus, matchers: { status: "unhealthy" } }})))`,
	labels: [],
})

export const allUp = recording({
	name: "autonomous:all_up:bool",
	quantity: "count",
	help: "1 while no component is unhealthy, else 0; sampled every minute for the uptime.",
	formula: "1 − max over components of unhealthy",
	interval: "1m",
	expr: promql`1 - max(${{ of: componentStatus, matchers: { status: "unhealthy" } }})`,
	labels: [],
})

export const uptimePercentage = recording({
	name: "autonomous:uptime:percent30d",
	quantity: "score",
	help: "Share of the last 30 days, out of 100, in which no component was unhealthy. Time in which nothing was recorded does not count.",
	formula: "100 × mean over 30 d of (1 if no component is unhealthy, else 0)",
	window: "30d",
	interval: "1m",
	expr: promql`100 * avg_over_time(${allUp}[30d])`,
	labels: [],
})

export default subject({
	title: "Components",
	series: [componentStatus, componentCheckDuration, componentLastHealthy],
	recordings: [overallHealthScore, allUp, uptimePercentage],
	paths: [
		path({
			path: "health.*.status",
			quantity: "state",
			help: "State of a component: healthy, degraded or unhealthy.",
			value: { of: componentStatus },
			lastGood: { of: componentLastHealthy },
			states: { label: "status", values: HEALTH_STATES },
			wildcard: "component",
		}),
		path({
			path: "health.*.latency",
			quantity: "seconds",
			help: "Duration of the latest health check of a component.",
			value: { of: componentCheckDuration },
			wildcard: "component",
		}),
		path({
			path: "overall_health_score",
			quantity: "ratio",
			help: overallHealthScore.help,
			value: { of: overallHealthScore },
		}),
		path({
			path: "uptime_percentage",
			quantity: "score",
			help: uptimePercentage.help,
			value: { of: uptimePercentage },
			window: "30d",
		}),
	],
})
