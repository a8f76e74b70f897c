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
	["analysis", "`contract.insights`, `contract.recommendations`"],
	["improvements", "`contract.improvements`"],
	["safety", "`contract.violations`, `contract.reviews`, `contract.rollbacks`"],
	["events", "`contract.events`"],
	["outcomes", "`contract.outcomes`"],
	["transcripts", "Claude Code's transcripts"],
	["telemetry", "each of our services, about itself"],
	["webhook", "the alert webhook's records"],
])

export const sourceOf = ({ emitter }: SeriesSpec): string | undefined => SOURCES.get(emitter)

/** Series that every path exposes, beside the collectors that they describe. */
const ON_EVERY_PATH: readonly SeriesSpec[] = [collectorSuccess, collectorDuration, collectorLastSuccess]

/** The paths that a series is scraped at. */
export function placeOf(of: SeriesSpec): string {
	if (of.emitter === "webhook") return "the alert webhook"
	if (ON_EVERY_PATH.includes(of)) return "every path of the exporters, and the alert webhook"
	return of.group === "observatory" ? "`/metrics/health`, and the alert webhook" : `\`/metrics/${of.group}\``
}
