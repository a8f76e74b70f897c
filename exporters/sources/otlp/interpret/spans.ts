import {
	claudeOperationDuration,
	claudeOperationErrors,
	claudeOperationTokens,
} from "../../../../core/catalogue/subjects/claude-code.ts"
import {
	mcpConnectionErrors,
	mcpConnections,
	mcpOperationDuration,
	mcpOperationErrors,
	mcpRequestDuration,
	mcpRequestErrors,
	mcpRequests,
} from "../../../../core/catalogue/subjects/mcp.ts"
import type { LabelSpecs, SeriesSpec } from "../../../../core/catalogue/types.ts"
import { operationReported, type Report, toolCalls } from "./gen-ai.ts"
import { isFalse, numberOf, type SpanView, textOf } from "./model.ts"
import { count, NOT_UNDERSTOOD, type Observation, observe } from "./observation.ts"
import type { Reported } from "./reported.ts"

const SERVER_KIND = 2
/** Methods of the semantic conventions by which an agent asks a server for something. */
const REQUESTS = new Set(["tools/call", "resources/read", "prompts/get"])

/**
 * What a span adds to which series. Each kind of span feeds series of its own, so that a call seen by several layers
 * (the agent's tool call and its SDK client's `tools/call`) is not counted twice; one span may be of the MCP and the
 * GenAI conventions. A span of the server's side is the same call seen from the other end and counts nowhere.
 */
export function interpretSpan(span: SpanView, reported: Reported): readonly Observation[] {
	if (span.name.startsWith("claude_code.") || span.name.startsWith("claude.")) return claudeSpan(span)
	if (span.kind === SERVER_KIND) return NOTHING
	const method = textOf(span.attributes, "mcp.method.name")
	const operationName = textOf(span.attributes, "gen_ai.operation.name")
	const report = { sender: span, attributes: span.attributes, way: "span", reported }
	if (method !== undefined) return [...conventionSpan(span, method, report), ...genAiSpan(span, operationName, report)]
	if (span.name.startsWith("mcp.")) return mcpSpan(span)
	return genAiSpan(span, operationName, report)
}

const genAiSpan = (span: SpanView, operationName: string | undefined, report: Report): readonly Observation[] =>
	operationName === undefined
		? NOT_UNDERSTOOD
		: operationReported(report, span.untimed ? undefined : span.seconds, hasFailed(span))

const NOTHING: readonly Observation[] = []

const hasFailed = ({ failed, attributes }: SpanView): boolean =>
	failed || attributes.get("error.type") !== undefined || isFalse(attributes, "success")

/** The monitored system's own spans: tool call, connection, resource, instrumented SDK client. */
function mcpSpan(span: SpanView): readonly Observation[] {
	const { name, attributes } = span
	const rest = name.slice("mcp.".length)
	if (attributes.get("rpc.system") === "mcp")
		return request(span, textOf(attributes, "rpc.service") ?? beforeLastDot(rest))
	if (rest.startsWith("connection.")) return connection(span, textOf(attributes, "mcp.server") ?? afterFirstDot(rest))
	if (rest.startsWith("resource.")) return request(span, textOf(attributes, "mcp.server") ?? afterFirstDot(rest))
	const method = textOf(attributes, "mcp.method")
	if (method !== undefined || rest.includes("/")) return operation(span, method ?? rest)
	return rest.includes(".") ? request(span, beforeLastDot(rest)) : operation(span, rest)
}

/** A client span of the OpenTelemetry conventions; it names a server only where the instrumentation adds that. */
function conventionSpan(span: SpanView, method: string, report: Report): readonly Observation[] {
	const server = textOf(span.attributes, "mcp.server.name")
	const tool = method === "tools/call" ? toolCalls({ ...report, way: "mcp span" }, 1, hasFailed(span) ? 1 : 0) : NOTHING
	const own = [...operation(span, method), ...tool]
	return server !== undefined && REQUESTS.has(method) ? [...own, ...request(span, server)] : own
}

function request(span: SpanView, server: string): Observation[] {
	const seen = [count(mcpRequests, { server }), ...duration(mcpRequestDuration, { server }, span)]
	return [...seen, count(mcpRequestErrors, { server }, hasFailed(span) ? 1 : 0)]
}

const connection = (span: SpanView, server: string): Observation[] => [
	count(mcpConnections, { server }),
	count(mcpConnectionErrors, { server }, hasFailed(span) ? 1 : 0),
]

function operation(span: SpanView, method: string): Observation[] {
	const labels = { method, source: "span" }
	return [...duration(mcpOperationDuration, labels, span), count(mcpOperationErrors, labels, hasFailed(span) ? 1 : 0)]
}

function claudeSpan(span: SpanView): Observation[] {
	const labels = { operation: span.name.replace(/^claude_code\./, "") }
	const tokens = numberOf(span.attributes, "claude.token_usage")
	return [
		...duration(claudeOperationDuration, labels, span),
		count(claudeOperationErrors, labels, hasFailed(span) ? 1 : 0),
		...(tokens !== undefined ? [count(claudeOperationTokens, labels, tokens)] : []),
	]
}

/** A span that lacks its start or end has no duration but the one that it was given as an attribute. */
function duration<L extends LabelSpecs>(
	series: SeriesSpec<L, "histogram">,
	labels: { readonly [K in keyof L]: string },
	{ seconds, untimed, attributes }: SpanView,
): Observation[] {
	if (seconds > 0) return [observe(series, labels, seconds)]
	const ms = numberOf(attributes, "mcp.duration_ms")
	if (ms === undefined) return untimed ? [] : [observe(series, labels, 0)]
	return [observe(series, labels, ms / 1000)]
}

const afterFirstDot = (text: string): string => text.slice(text.indexOf(".") + 1) || "unknown"
const beforeLastDot = (text: string): string => text.slice(0, text.lastIndexOf(".")) || text || "unknown"
