import {
	claudeApiDuration,
	claudeApiErrors,
	claudeApiRequests,
	claudeCacheCreation,
	claudeFirstToken,
	claudeHooks,
	claudeMcpConnections,
	claudePrompts,
	claudeToolDecisions,
	claudeToolErrors,
	claudeTools,
} from "../../../../core/catalogue/subjects/claude-code.ts"
import { GENAI_ATTRIBUTES, hasErrorType, operationReported } from "./gen-ai.ts"
import { type Attributes, isFalse, type LogView, modelName, numberOf, textOf } from "./model.ts"
import { count, NOT_UNDERSTOOD, type Observation, observe } from "./observation.ts"
import type { Reported } from "./reported.ts"

export const LOG_ATTRIBUTES: ReadonlySet<string> = new Set([
	...GENAI_ATTRIBUTES,
	"cache_creation_1h_tokens",
	"cache_creation_5m_tokens",
	"decision",
	"duration_ms",
	"effort",
	"event.name",
	"event.timestamp",
	"model",
	"num_blocking",
	"num_non_blocking_error",
	"num_success",
	"permission_mode",
	"session.id",
	"source",
	"status",
	"status_code",
	"success",
	"tool_input",
	"tool_name",
	"tool_parameters",
	"tool_result_size_bytes",
	"tool_use_id",
	"transport_type",
	"ttft_ms",
])

/** The event of the GenAI conventions that repeats what an operation's span says. */
const OPERATION_DETAILS = "gen_ai.client.inference.operation.details"

/**
 * What a log record adds to which series; events of Claude Code and of the GenAI conventions do. Tokens and cost of Claude
 * Code are those of its metrics alone, although `api_request` repeats them.
 */
export function interpretLog(log: LogView, reported: Reported): readonly Observation[] {
	const { name, attributes } = log
	if (name !== OPERATION_DETAILS) return EVENTS.get(name)?.(attributes) ?? NOT_UNDERSTOOD
	const report = { sender: log, attributes, way: "event", reported }
	return operationReported(report, undefined, hasErrorType(attributes))
}

const LIFETIMES = ["5m", "1h"] as const

const EVENTS = new Map(
	Object.entries<(attributes: Attributes) => Observation[]>({
		"claude_code.user_prompt": () => [count(claudePrompts, {})],
		"claude_code.api_request": (attributes) => {
			const model = modelName(textOf(attributes, "model"))
			const duration = seconds(attributes, "duration_ms")
			const firstToken = seconds(attributes, "ttft_ms")
			const effort = textOf(attributes, "effort") ?? "none"
			return [
				count(claudeApiRequests, { model }),
				...(duration === undefined ? [] : [observe(claudeApiDuration, { model }, duration)]),
				...(firstToken === undefined ? [] : [observe(claudeFirstToken, { model, effort }, firstToken)]),
				...LIFETIMES.flatMap((lifetime) => {
					const tokens = numberOf(attributes, `cache_creation_${lifetime}_tokens`)
					return tokens === undefined ? [] : [count(claudeCacheCreation, { model, lifetime }, tokens)]
				}),
			]
		},
		"claude_code.api_error": (attributes) => {
			const status = textOf(attributes, "status_code")
			const known = status !== undefined && /^\d{3}$/.test(status) ? status : "none"
			return [count(claudeApiErrors, { model: modelName(textOf(attributes, "model")), status: known })]
		},
		"claude_code.tool_result": (attributes) => {
			const tool = textOf(attributes, "tool_name") ?? "unknown"
			return [count(claudeTools, { tool }), count(claudeToolErrors, { tool }, isFalse(attributes, "success") ? 1 : 0)]
		},
		"claude_code.tool_decision": (attributes) => [
			count(claudeToolDecisions, {
				tool: textOf(attributes, "tool_name") ?? "unknown",
				decision: textOf(attributes, "decision") ?? "other",
				source: textOf(attributes, "source") ?? "unknown",
			}),
		],
		"claude_code.mcp_server_connection": (attributes) => [
			count(claudeMcpConnections, {
				status: textOf(attributes, "status") ?? "other",
				transport: textOf(attributes, "transport_type") ?? "other",
			}),
		],
		"claude_code.hook_execution_complete": (attributes) => [
			count(claudeHooks, { result: "success" }, numberOf(attributes, "num_success") ?? 0),
			count(claudeHooks, { result: "blocking" }, numberOf(attributes, "num_blocking") ?? 0),
			count(claudeHooks, { result: "non_blocking_error" }, numberOf(attributes, "num_non_blocking_error") ?? 0),
		],
	}),
)

/** Older and newer versions put the event's name into different places. */
export function eventName(field: string, body: string, scope: string, attributes: Attributes): string {
	const event = textOf(attributes, "event.name")
	if (scope.startsWith("com.anthropic.claude_code") && event)
		return `claude_code.${event.replace(/^claude_code\./, "")}`
	if (field) return field
	return event?.startsWith("gen_ai.") ? event : body
}

const seconds = (attributes: Attributes, key: "duration_ms" | "ttft_ms"): number | undefined => {
	const ms = numberOf(attributes, key)
	return ms === undefined ? undefined : ms / 1000
}
