import { capturedAt, capturedCount, capturedValue } from "../../../../core/catalogue/subjects/captured.ts"
import {
	claudeActiveTime,
	claudeCommits,
	claudeCost,
	claudeEditDecisions,
	claudeLines,
	claudePullRequests,
	claudeSessionsStarted,
	claudeTokens,
} from "../../../../core/catalogue/subjects/claude-code.ts"
import { MCP_BUCKETS, mcpOperationDuration, mcpOperationErrors } from "../../../../core/catalogue/subjects/mcp.ts"
import { rebucket } from "../../../../core/metrics/buckets.ts"
import { CAPTURED_SCOPE } from "../../../instrumentation/understood.ts"
import { type Attributes, modelName, type PointView, textOf } from "./model.ts"
import { count, merge, type Observation, set } from "./observation.ts"
import type { Streams } from "./streams.ts"

const TOKEN_TYPE: Readonly<Record<string, string>> = { cacheRead: "cache_read", cacheCreation: "cache_creation" }

const type = (attributes: Attributes) => textOf(attributes, "type") ?? "other"
const model = (attributes: Attributes) => modelName(textOf(attributes, "model"))

/** Counters that Claude Code sends, and what an increment of each adds. */
const COUNTERS: ReadonlyMap<string, (attributes: Attributes, by: number) => Observation> = new Map(
	Object.entries<(attributes: Attributes, by: number) => Observation>({
		"claude_code.session.count": (a, by) => {
			const start = textOf(a, "start_type") ?? "other"
			return count(claudeSessionsStarted, { start_type: start }, by)
		},
		"claude_code.token.usage": (a, by) =>
			count(claudeTokens, { type: TOKEN_TYPE[type(a)] ?? type(a), model: model(a) }, by),
		"claude_code.cost.usage": (a, by) => count(claudeCost, { model: model(a) }, by),
		"claude_code.lines_of_code.count": (a, by) => count(claudeLines, { type: type(a) }, by),
		"claude_code.commit.count": (_, by) => count(claudeCommits, {}, by),
		"claude_code.pull_request.count": (_, by) => count(claudePullRequests, {}, by),
		"claude_code.active_time.total": (a, by) => count(claudeActiveTime, { type: type(a) }, by),
		"claude_code.code_edit_tool.decision": (a, by) =>
			count(
				claudeEditDecisions,
				{ tool: textOf(a, "tool_name") ?? "unknown", decision: textOf(a, "decision") ?? "other" },
				by,
			),
	}),
)

/**
 * What a metric point adds to which series. Delta points add themselves; of cumulative ones `streams` knows what was
 * there before. Metrics that nothing is made of are passed over before their stream is remembered.
 */
export function interpretPoint(point: PointView, streams: Streams): readonly Observation[] {
	if (point.scope === CAPTURED_SCOPE) return point.kind === "gauge" ? captured(point) : []
	const counter = COUNTERS.get(point.metric)
	if (counter && point.kind === "sum" && point.monotonic) {
		const by = streams.increase(point, [point.value])?.[0] ?? 0
		return by > 0 ? [counter(point.attributes, by)] : []
	}
	return point.metric === "mcp.client.operation.duration" && point.kind === "histogram"
		? operations(point, streams)
		: []
}

function captured(point: PointView): Observation[] {
	const labels = { name: point.metric, application: point.service || "unknown" }
	return [set(capturedValue, labels, point.value), set(capturedAt, labels, point.time), count(capturedCount, labels)]
}

function operations(point: PointView, streams: Streams): Observation[] {
	const grown = streams.increase(point, [point.sum, ...point.counts])
	if (grown === undefined) return []
	const [sum = 0, ...counts] = grown
	const observed = counts.reduce((total, n) => total + n, 0)
	if (observed === 0) return []
	const labels = { method: textOf(point.attributes, "mcp.method.name") ?? "unknown", source: "metric" }
	const failed = point.attributes.get("error.type") !== undefined
	return [
		merge(mcpOperationDuration, labels, rebucket(counts, point.bounds, MCP_BUCKETS), sum),
		count(mcpOperationErrors, labels, failed ? observed : 0),
	]
}
