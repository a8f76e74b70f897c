import type { Context } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { BatchSpanProcessor, type ReadableSpan, type Span, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { endpoint, type ObservatoryAddress } from "./address.ts"
import { isUnderstood, SPAN_ATTRIBUTES } from "./understood.ts"

export interface MonitoringSpanProcessorOptions extends ObservatoryAddress {
	/** Where spans go instead of to the observatory; for tests and other transports. */
	readonly next?: SpanProcessor
}

/**
 * Sends the observatory what it makes metrics of, and nothing else, from an application's own NodeSDK: spans of MCP
 * calls and of Claude, without events, links, and without any attribute that is not counted or measured. So request
 * arguments and prompts stay where they are. Everything else of the application's tracing is left as it is.
 */
export class MonitoringSpanProcessor implements SpanProcessor {
	readonly #next: SpanProcessor

	constructor(options: MonitoringSpanProcessorOptions = {}) {
		const url = endpoint(options, "traces")
		this.#next = options.next ?? new BatchSpanProcessor(new OTLPTraceExporter({ url, headers: { ...options.headers } }))
	}

	onStart(span: Span, context: Context): void {
		this.#next.onStart(span, context)
	}

	onEnd(span: ReadableSpan): void {
		if (isUnderstood(span)) this.#next.onEnd(withoutContent(span))
	}

	forceFlush(): Promise<void> {
		return this.#next.forceFlush()
	}

	shutdown(): Promise<void> {
		return this.#next.shutdown()
	}
}

function withoutContent(span: ReadableSpan): ReadableSpan {
	const attributes = Object.fromEntries(Object.entries(span.attributes).filter(([key]) => SPAN_ATTRIBUTES.has(key)))
	return {
		name: span.name,
		kind: span.kind,
		spanContext: () => span.spanContext(),
		...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
		startTime: span.startTime,
		endTime: span.endTime,
		duration: span.duration,
		ended: span.ended,
		status: { code: span.status.code },
		attributes,
		links: [],
		events: [],
		resource: span.resource,
		instrumentationScope: span.instrumentationScope,
		droppedAttributesCount: 0,
		droppedEventsCount: 0,
		droppedLinksCount: 0,
	}
}
