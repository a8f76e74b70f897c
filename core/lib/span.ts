import { SpanStatusCode, trace } from "@opentelemetry/api"
import { messageOf } from "./errors.ts"

/** Does work within a span of OpenTelemetry's, under which its requests and statements stand; free without tracing. */
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
