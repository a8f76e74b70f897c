import { type Tracer, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { NodeSDK } from "@opentelemetry/sdk-node"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { messageOf } from "../core/lib/errors.ts"
import type { Closeable } from "../core/lib/lifecycle.ts"
import type { Logger } from "../core/lib/log.ts"

export interface Tracing extends Closeable {
	readonly tracer: Tracer
}

/** Sends spans as OTLP/HTTP protobuf to `<endpoint>/v1/traces`, in batches, every second. */
export function startTracing(endpoint: string, token: string | undefined, log: Logger): Tracing {
	const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
	const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers, timeoutMillis: 5_000 })
	const sdk = new NodeSDK({
		resource: resourceFromAttributes({
			"service.name": "demo-autonomous-system",
			"deployment.environment.name": "demo",
		}),
		autoDetectResources: false,
		instrumentations: [],
		metricReaders: [],
		logRecordProcessors: [],
		spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000, exportTimeoutMillis: 5_000 })],
	})
	sdk.start()
	return {
		tracer: trace.getTracer("demo-autonomous-system"),
		async close() {
			try {
				await sdk.shutdown()
			} catch (error) {
				log.warn({ problem: messageOf(error) }, "cannot export the last spans")
			}
		},
	}
}
