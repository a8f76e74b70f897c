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
import { claudeAgentCost, claudeAgentTokens } from "../../../../core/catalogue/subjects/session-agents.ts"
import { CAPTURED_SCOPE } from "../../../instrumentation/understood.ts"
import { GENAI_METRICS } from "./gen-ai-metrics.ts"
import { MCP_METRICS } from "./mcp-metrics.ts"
import { type Attributes, modelName, type PointView, textOf } from "./model.ts"
import {
	type Arrival,
	count,
	type Interpretation,
	NOT_UNDERSTOOD,
	type Observation,
	refusalOf,
	set,
} from "./observation.ts"
import type { Reported } from "./reported.ts"
import type { Streams } from "./streams.ts"

const TOKEN_TYPE: Readonly<Record<string, string>> = { cacheRead: "cache_read", cacheCreation: "cache_creation" }

const type = (attributes: Attributes) => textOf(attributes, "type") ?? "other"
const model = (attributes: Attributes) => modelName(textOf(attributes, "model"))

type Counter = (attributes: Attributes, by: number) => readonly Observation[]

/** What asked the model: the main conversation, a subagent, or the program itself, such as for titles. */
function asker(attributes: Attributes): { readonly source: string; readonly agent: string } {
	const source = textOf(attributes, "query_source") ?? "other"
	return { source, agent: textOf(attributes, "agent.name") ?? source }
}

/** Counters that Claude Code sends, and what an increment of each adds. */
const COUNTERS: ReadonlyMap<string, Counter> = new Map(
	Object.entries<Counter>({
		"claude_code.session.count": (a, by) => {
			const start = textOf(a, "start_type") ?? "other"
			return [count(claudeSessionsStarted, { start_type: start }, by)]
		},
		"claude_code.token.usage": (a, by) => {
			const tokens = TOKEN_TYPE[type(a)] ?? type(a)
			return [
				count(claudeTokens, { type: tokens, model: model(a) }, by),
				count(claudeAgentTokens, { type: tokens, ...asker(a) }, by),
			]
		},
		"claude_code.cost.usage": (a, by) => [
			count(claudeCost, { model: model(a) }, by),
			count(claudeAgentCost, asker(a), by),
		],
		"claude_code.lines_of_code.count": (a, by) => [count(claudeLines, { type: type(a) }, by)],
		"claude_code.commit.count": (_, by) => [count(claudeCommits, {}, by)],
		"claude_code.pull_request.count": (_, by) => [count(claudePullRequests, {}, by)],
		"claude_code.active_time.total": (a, by) => [count(claudeActiveTime, { type: type(a) }, by)],
		"claude_code.code_edit_tool.decision": (a, by) => [
			count(
				claudeEditDecisions,
				{ tool: textOf(a, "tool_name") ?? "unknown", decision: textOf(a, "decision") ?? "other" },
				by,
			),
		],
	}),
)

/**
 * What a metric point adds to which series. Delta points add themselves, once; of cumulative ones `streams` knows what
 * was there before. Metrics that nothing is made of are skipped before their stream is remembered.
 */
export function interpretPoint(
	point: PointView,
	streams: Streams,
	arrival: Arrival,
	reported: Reported,
): Interpretation {
	const interpret = interpreterOf(point)
	if (interpret === undefined) return NOT_UNDERSTOOD
	return point.unrecorded ? NOTHING : interpret(point, streams, arrival, reported)
}

const NOTHING: readonly Observation[] = []

type Interpret = (point: PointView, streams: Streams, arrival: Arrival, reported: Reported) => Interpretation

function interpreterOf({ scope, metric }: PointView): Interpret | undefined {
	if (scope === CAPTURED_SCOPE) return captured
	const counter = COUNTERS.get(metric)
	if (counter) return (point, streams, arrival) => counted(counter, point, streams, arrival)
	return GENAI_METRICS.get(metric) ?? MCP_METRICS.get(metric)
}

function captured(point: PointView, _streams: Streams, { now }: Arrival): Interpretation {
	if (point.kind !== "gauge") return "wrong_type"
	if (point.value === undefined) return "no_value"
	const labels = { name: point.metric, application: point.service || "unknown" }
	return [
		set(capturedValue, labels, point.value),
		set(capturedAt, labels, point.time === 0 ? now : point.time),
		count(capturedCount, labels),
	]
}

function counted(counter: Counter, point: PointView, streams: Streams, arrival: Arrival): Interpretation {
	if (point.kind !== "sum") return "wrong_type"
	if (!point.monotonic) return "not_monotonic"
	if (point.value === undefined) return "no_value"
	const observe = (value: number) => counter(point.attributes, value)
	// Before the stream is remembered, which a wrong value would make deaf.
	const refusal = refusalOf(observe(point.value))
	if (refusal) return refusal
	const grown = streams.increase(point, { count: point.value, sum: 0, buckets: [] }, arrival)
	if (grown === undefined || typeof grown === "string") return grown ?? NOTHING
	return grown.count > 0 ? observe(grown.count) : NOTHING
}
