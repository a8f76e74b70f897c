import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api"

/** Scope of the demo's servers, in the monitored system's terms: not bound to a project. */
export const MCP_SOURCE = "global"
/** Timeout of a call in milliseconds. Calls to a killed HTTP server hang until then. */
export const MCP_TIMEOUT_MS = 10_000

/** Runs work in a client span: OK when it returns, ERROR with the recorded exception when it throws. */
export function inSpan<T>(
	tracer: Tracer,
	name: string,
	attributes: Attributes,
	work: (span: Span) => Promise<T>,
): Promise<T> {
	return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
		try {
			const result = await work(span)
			span.setStatus({ code: SpanStatusCode.OK })
			return result
		} catch (error) {
			const exception = error instanceof Error ? error : new Error(String(error))
			span.recordException(exception)
			span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message })
			throw error
		} finally {
			span.end()
		}
	})
}

/** Attributes of a tool call's span at its start. Duration and response size follow at its end. */
export const toolAttributes = (server: string, tool: string, args: Record<string, unknown>, taskId: string) => ({
	"rpc.system": "mcp",
	"rpc.service": server,
	"rpc.method": tool,
	"mcp.source": MCP_SOURCE,
	"mcp.timeout_ms": MCP_TIMEOUT_MS,
	"mcp.has_arguments": Object.keys(args).length > 0,
	"mcp.request": JSON.stringify(args),
	"mcp.task_id": taskId,
})
