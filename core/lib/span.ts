import { SpanStatusCode, trace } from "@opentelemetry/api"
import { messageOf } from "./errors.ts"

/** Runs work in an OpenTelemetry span, the parent of its requests and statements; costs nothing without tracing. */
export const inSpan = <T>(name: string, work: () => Promise<T>): Promise<T> =>
	trace.getTracer("mcp-observatory").startActiveSpan(name, async (span) => {
		try {
			return await work()
		} catch (error) {
			span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
			throw error
		} finally {
			span.end()
		}
	})
