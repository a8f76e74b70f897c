import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

/** The attributes of spans that metrics are made of. Nothing reads any other. */
export const SPAN_ATTRIBUTES: ReadonlySet<string> = new Set([
	"claude.token_usage",
	"error.type",
	"gen_ai.agent.name",
	"gen_ai.operation.name",
	"gen_ai.provider.name",
	"gen_ai.request.model",
	"gen_ai.response.model",
	"gen_ai.system",
	"gen_ai.tool.name",
	"gen_ai.usage.completion_tokens",
	"gen_ai.usage.input_tokens",
	"gen_ai.usage.output_tokens",
	"gen_ai.usage.prompt_tokens",
	"mcp.duration_ms",
	"mcp.method",
	"mcp.method.name",
	"mcp.server",
	"mcp.server.name",
	"rpc.service",
	"rpc.system",
	"success",
])

/** The instrumentation scope under which `captureMetric` sends. */
export const CAPTURED_SCOPE = "mcp-observatory.captured"

/** SpanKind of the OpenTelemetry API; OTLP counts from 1. */
const SERVER = 1

/** Either makes a span one of the conventions. */
const NAMING = ["mcp.method.name", "gen_ai.operation.name"]

const isName = (value: ReadableSpan["attributes"][string]): boolean =>
	value !== undefined && value !== "" && typeof value !== "object"

/**
 * Whether the observatory makes metrics of a span: of Claude's, of MCP calls and of the GenAI conventions, seen from the client. The server's
 * span is the same call seen from the other end.
 */
export function isUnderstood({ name, kind, attributes }: Pick<ReadableSpan, "name" | "kind" | "attributes">): boolean {
	if (name.startsWith("claude_code.") || name.startsWith("claude.")) return true
	if (kind === SERVER) return false
	return name.startsWith("mcp.") || NAMING.some((key) => isName(attributes[key]))
}
