import { collectorDuration, collectorLastSuccess, collectorSuccess } from "../../core/catalogue/subjects/observatory.ts"
import type { SeriesSpec } from "../../core/catalogue/types.ts"

/** The source of a series, by emitter. */
const SOURCES: ReadonlyMap<string, string> = new Map([
	["health", "the exporters' own checks"],
	["database", "PostgreSQL's statistics of the monitored database"],
	["otlp", "what applications send over OTLP"],
	["mcp", "the MCP prober"],
	["workers", "the operating system's process table"],
	["github", "GitHub's Actions API"],
	["sessions", "`contract.sessions`"],
	["mcp_calls", "`contract.mcp_calls`"],
	["insights", "`contract.insights`"],
	["recommendations", "`contract.recommendations`"],
	["improvements", "`contract.improvements`"],
	["violations", "`contract.violations`"],
	["reviews", "`contract.reviews`"],
	["rollbacks", "`contract.rollbacks`"],
	["events", "`contract.events`"],
	["outcomes", "`contract.outcomes`"],
	["transcripts", "Claude Code's transcripts"],
	["transcript_agents", "Claude Code's transcripts"],
	["organisation", "the usage report of the Anthropic organisation"],
	["session_states", "Claude Code's transcripts, and its OTLP log events"],
	["usage", "Claude Code's telemetry and transcripts compared"],
	["contract", "the exporters, about the rows that they read"],
	["exporters", "the exporters, about what they read"],
	["telemetry", "each of our services, about itself"],
	["webhook", "the alert webhook's records"],
])

export const sourceOf = ({ emitter, column }: SeriesSpec): string | undefined =>
	column === undefined ? SOURCES.get(emitter) : `\`contract.${column}\``

/** Series that every path exposes, beside the collectors that they describe. */
const ON_EVERY_PATH: readonly SeriesSpec[] = [collectorSuccess, collectorDuration, collectorLastSuccess]

/** The paths that a series is scraped at. */
export function placeOf(of: SeriesSpec): string {
	if (of.emitter === "webhook") return "the alert webhook"
	if (ON_EVERY_PATH.includes(of)) return "every path of the exporters, and the alert webhook"
	if (of.emitter === "exporters" || of.emitter === "contract") return "`/metrics/health`"
	return of.group === "observatory" ? "`/metrics/health`, and the alert webhook" : `\`/metrics/${of.group}\``
}
