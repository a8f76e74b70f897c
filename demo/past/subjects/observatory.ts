import type { Recorder } from "../recorder.ts"
import type { Timeline } from "../timeline.ts"
import { PER_SCRAPE } from "./health.ts"

/** Collectors of the demo's stack, by the job that scrapes them. */
export const COLLECTORS: Readonly<Record<string, string>> = {
	alert_coverage: "alert-webhook",
	anomaly_scores: "alert-webhook",
	response_counters: "alert-webhook",
	crashes: "health",
	database: "health",
	health: "health",
	workers: "health",
	events: "autonomous",
	improvements: "autonomous",
	insights: "autonomous",
	recommendations: "autonomous",
	sessions: "autonomous",
	transcripts: "autonomous",
	outcomes: "business",
	reviews: "safety",
	rollbacks: "safety",
	violations: "safety",
}

const COMPONENT_RULES = { database: 5, github_actions: 1, mcp_servers: 4, observatory: 11, opentelemetry: 4 } as const

/** Requests an hour to the webhook, by route. */
const ROUTES = [
	["GET", "/api/control", "2xx", 620, 0.006],
	["GET", "/metrics", "2xx", PER_SCRAPE, 0.02],
	["POST", "/api/alertmanager", "2xx", 60, 0.02],
	["POST", "/sign-in", "3xx", 0.4, 0.08],
	["POST", "/sign-in", "4xx", 0.2, 0.08],
] as const

/** Subjects whose values the webhook scores, with what disturbs each. */
const SCORED = [
	["metrics.sessions.tokenUsage.cost", undefined],
	["metrics.sessions.tokenUsage.input", undefined],
	["metrics.sessions.tokenUsage.output", undefined],
	["metrics.sessions.total", undefined],
	["metrics.sessions.failureRate", "sessions"],
	["metrics.mcpServers.*.errorRate", "mcp"],
	["metrics.database.queryLatency", "database"],
] as const

/** What the observatory reports of itself. */
export function recordObservatory(recorder: Recorder, timeline: Timeline): void {
	const { gauge, histogram } = recorder
	const noise = recorder.random()
	for (const collector of Object.keys(COLLECTORS)) {
		gauge("observatory_collector_success", { collector }, () => 1)
		gauge("observatory_collector_duration_seconds", { collector }, () => noise.between(0.004, 0.03))
		gauge("observatory_collector_last_success_timestamp_seconds", { collector }, (time) => time - noise.int(0, 14))
	}
	for (const [component, rules] of Object.entries(COMPONENT_RULES))
		gauge("observatory_component_alert_rules", { component }, () => rules)
	for (const [method, route, status, perHour, seconds] of ROUTES) {
		const requests = recorder.events(() => perHour)
		const labels = { method, route, status }
		histogram("observatory_http_request_duration_seconds", labels, requests, { mean: () => seconds, spread: 0.5 })
	}
	for (const [subject, trouble] of SCORED)
		for (const method of ["zscore", "iqr"])
			gauge("observatory_anomaly_score", { subject, method }, (time) => {
				const usual = noise.between(-1.5, 1.5) * (method === "iqr" ? 0.3 : 1)
				return trouble !== undefined && timeline.troubled(trouble, time) ? 5 + Math.abs(usual) : usual
			})
}
