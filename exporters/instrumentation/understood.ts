import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

/** The attributes of spans that metrics are made of. Nothing reads any other. */
export const SPAN_ATTRIBUTES: ReadonlySet<string> = new Set([
	"claude.token_usage",
	"error.type",
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

/**
 * Whether the observatory makes metrics of a span: of Claude's and of MCP calls, seen from the client. The server's
 * span is the same call seen from the other end.
 */
export function isUnderstood({ name, kind, attributes }: Pick<ReadableSpan, "name" | "kind" | "attributes">): boolean {
	if (name.startsWith("claude_code.") || name.startsWith("claude.")) return true
	if (kind === SERVER) return false
	const method = attributes["mcp.method.name"]
	return name.startsWith("mcp.") || (method !== undefined && method !== "" && typeof method !== "object")
}
