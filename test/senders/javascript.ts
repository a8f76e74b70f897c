import { SeverityNumber } from "@opentelemetry/api-logs"
import { OTLPLogExporter as GrpcLogs } from "@opentelemetry/exporter-logs-otlp-grpc"
import { OTLPLogExporter as HttpLogs } from "@opentelemetry/exporter-logs-otlp-proto"
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc"
import { OTLPMetricExporter as HttpMetrics } from "@opentelemetry/exporter-metrics-otlp-proto"
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc"
import { OTLPTraceExporter as HttpTraces } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { CALLS, SCENARIO, type Sending } from "./scenario.ts"

const CLIENT = 2
const ERROR = 2
const EVENT = "gen_ai.client.inference.operation.details"

/** Does what `scenario.ts` says, with OpenTelemetry's JavaScript SDK. */
export async function sendFromJavaScript({ endpoint, protocol, temporality, signals }: Sending): Promise<void> {
	const grpc = protocol === "grpc"
	const at = (signal: string) => ({ url: grpc ? endpoint : `${endpoint}/v1/${signal}` })
	const resource = resourceFromAttributes({ "service.name": "javascript-sender", "service.instance.id": "1" })
	const temporalityPreference =
		temporality === "delta" ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE
	const metricOptions = { ...at("metrics"), temporalityPreference }
	const exporter = grpc ? new GrpcMetrics(metricOptions) : new HttpMetrics(metricOptions)
	const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 })]
	const metrics = new MeterProvider({ resource, readers })
	const traceExporter = grpc ? new GrpcTraces(at("traces")) : new HttpTraces(at("traces"))
	const traces = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(traceExporter)] })
	const logExporter = grpc ? new GrpcLogs(at("logs")) : new HttpLogs(at("logs"))
	const logs = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: logExporter })] })
	const providers = [metrics, traces, logs]

	const meter = metrics.getMeter("sender")
	const usage = meter.createHistogram("gen_ai.client.token.usage", { unit: "{token}" })
	const durations = meter.createHistogram("gen_ai.client.operation.duration", { unit: "s" })
	const tracer = traces.getTracer("sender")
	const logger = logs.getLogger("sender")
	const has = (signal: string) => signals.split(",").includes(signal)
	const common = {
		"gen_ai.agent.name": SCENARIO.agent,
		"gen_ai.provider.name": SCENARIO.provider,
		"gen_ai.request.model": SCENARIO.model,
	}

	const chat = ([input, output]: (typeof CALLS)[number], failed: boolean) => {
		const of = { ...common, "gen_ai.operation.name": "chat" }
		const error: Record<string, string> = failed ? { "error.type": "timeout" } : {}
		const used = { ...of, ...error, "gen_ai.usage.input_tokens": input, "gen_ai.usage.output_tokens": output }
		if (has("metrics")) {
			usage.record(input, { ...of, "gen_ai.token.type": "input" })
			usage.record(output, { ...of, "gen_ai.token.type": "output" })
			durations.record(0.5, { ...of, ...error })
		}
		if (has("traces")) {
			const now = Date.now()
			const span = tracer.startSpan("chat gpt-test", { kind: CLIENT, startTime: now, attributes: used })
			if (failed) span.setStatus({ code: ERROR })
			span.end(now + 500)
		}
		if (has("logs")) logger.emit({ severityNumber: SeverityNumber.INFO, eventName: EVENT, attributes: used })
	}
	const tool = () => {
		const of = { ...common, "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": SCENARIO.tool }
		if (has("metrics")) durations.record(0.1, of)
		if (has("traces")) tracer.startSpan("execute_tool search", { attributes: of }).end()
		if (has("logs")) logger.emit({ eventName: EVENT, attributes: of })
	}

	for (const [i, call] of CALLS.entries()) {
		chat(call, i === 2 || i === 5)
		if (i < 3) tool()
		if (i === 3) await Promise.all(providers.map((provider) => provider.forceFlush()))
	}
	await Promise.all(providers.map((provider) => provider.shutdown()))
}
