import { connect } from "node:http2"
import { gzipSync } from "node:zlib"
import * as grpc from "@grpc/grpc-js"
import { SeverityNumber } from "@opentelemetry/api-logs"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import protobuf from "protobufjs/minimal.js"
import { describe, expect, it, onTestFinished } from "vitest"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import type { OtlpLimits } from "../../exporters/sources/otlp/types.ts"
import { parseSamples } from "../support/exporter.ts"
import { type OtlpSignal, toProtobuf } from "../support/otlp-wire.ts"

const TOKEN = "a-token-of-the-receiver"
const METHODS: Readonly<Record<OtlpSignal, string>> = {
	traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
	logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}

async function start(limits: Partial<OtlpLimits> = {}, clock: Clock = systemClock) {
	const telemetry = new MetricRegistry({ ownGroup: "health", clock })
	const listen = { host: "127.0.0.1", port: 0 }
	const receiver = await createOtlpReceiver({
		telemetry,
		listen,
		grpcListen: listen,
		token: TOKEN,
		zeroHoldMs: 0,
		log: silentLogger,
		clock,
		limits,
	})
	onTestFinished(() => receiver.close())
	const url = receiver.grpc?.url ?? ""
	const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure())
	onTestFinished(() => client.close())
	const metadata = (token = TOKEN) => {
		const result = new grpc.Metadata()
		result.set("authorization", `Bearer ${token}`)
		return result
	}
	/** The answer to one message: its bytes, or the error of the call. */
	const call = (method: string, message: Buffer, given = metadata()) =>
		new Promise<{ readonly body?: Buffer; readonly error?: grpc.ServiceError }>((resolve) => {
			const same = (bytes: Buffer) => bytes
			client.makeUnaryRequest(method, same, same, message, given, (error, body) =>
				resolve({ ...(error ? { error } : {}), ...(body ? { body } : {}) }),
			)
		})
	return {
		receiver,
		url,
		call,
		metadata,
		send: (signal: OtlpSignal, document: object) => call(METHODS[signal], toProtobuf(signal, document)),
		async samples() {
			await receiver.drained()
			return parseSamples(await telemetry.exposeAll())
		},
	}
}

const span = { name: "claude.turn", kind: 3, startTimeUnixNano: "1000000000", endTimeUnixNano: "2000000000" }
const spans = (...found: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans: found }] }] })
const TURNS = 'autonomous_claude_code_operation_duration_seconds_count{operation="claude.turn"}'

describe("OTLP over gRPC", () => {
	it.each(["none", "gzip"])("counts what OpenTelemetry's own exporters send, compression %s", async (compression) => {
		const { url, samples } = await start()
		const metadata = new grpc.Metadata()
		metadata.set("authorization", `Bearer ${TOKEN}`)
		const options = { url, metadata, compression: compression as never }
		const resource = resourceFromAttributes({ "service.name": "planner", "service.instance.id": "1" })
		const chat = {
			"gen_ai.operation.name": "chat",
			"gen_ai.provider.name": "openai",
			"gen_ai.request.model": "gpt-4o",
		}
		const traces = new BasicTracerProvider({
			resource,
			spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(options))],
		})
		const metrics = new MeterProvider({
			resource,
			readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(options) })],
		})
		const logs = new LoggerProvider({
			resource,
			processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(options) })],
		})
		const usage = metrics.getMeter("test").createHistogram("gen_ai.client.token.usage")
		for (const tokens of [100, 250, 7]) {
			usage.record(tokens, { ...chat, "gen_ai.token.type": "input" })
			const attributes = { ...chat, "gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 5 }
			traces.getTracer("test").startSpan("chat gpt-4o", { kind: 2, startTime: 1_000, attributes }).end(3_000)
			logs.getLogger("test").emit({
				severityNumber: SeverityNumber.INFO,
				eventName: "gen_ai.client.inference.operation.details",
				attributes,
			})
		}
		await Promise.all([traces.forceFlush(), metrics.forceFlush(), logs.forceFlush()])
		usage.record(43, { ...chat, "gen_ai.token.type": "input" })
		await Promise.all([traces.shutdown(), metrics.shutdown(), logs.shutdown()])
		const found = await samples()
		const tokens = (type: string) =>
			found.get(`autonomous_genai_tokens_total{type="${type}",provider="openai",model="gpt-4o"}`)
		expect([tokens("input"), tokens("output")]).toEqual([400, 15])
		const labels = 'operation="chat",agent="planner",provider="openai"'
		expect(found.get(`autonomous_genai_operations_total{${labels}}`)).toBe(3)
		expect(found.get("autonomous_telemetry_spans_received_total")).toBe(3)
		expect(found.get('autonomous_telemetry_records_received_total{signal="log_record"}')).toBe(3)
		expect(found.get('autonomous_telemetry_records_received_total{signal="metric_point"}')).toBe(2)
	})

	it("answers with an empty message, or with what was rejected and why", async () => {
		const { send, samples } = await start()
		expect((await send("traces", spans(span))).body).toEqual(Buffer.alloc(0))
		const odd = { ...span, attributes: [{ key: "claude.token_usage", value: { stringValue: "many" } }] }
		const { body } = await send("traces", spans(span, odd))
		const reader = protobuf.Reader.create(body ?? Buffer.alloc(0))
		expect([reader.uint32(), reader.uint32() > 0, reader.uint32(), Number(reader.int64())]).toEqual([10, true, 8, 1])
		expect([reader.uint32(), reader.string()]).toEqual([18, "1 spans cannot be used: 1 not a number (claude.turn)"])
		expect((await samples()).get(TURNS)).toBe(2)
	})

	it("refuses by the codes of the specification, and with words", async () => {
		const { call, send, metadata, samples } = await start({ bodyBytes: 1_000 })
		const message = toProtobuf("traces", spans(span))
		const refused = async (answer: ReturnType<typeof call>) => {
			const { error } = await answer
			return [error?.code, error?.details]
		}
		const { status } = grpc
		expect(await refused(call(METHODS.traces, message, metadata("wrong-token-of-a-stranger")))).toEqual([
			status.UNAUTHENTICATED,
			expect.stringContaining("OTLP_TOKEN"),
		])
		expect(await refused(call(METHODS.traces, message, new grpc.Metadata()))).toContain(status.UNAUTHENTICATED)
		expect(await refused(call("/x.Profiles/Export", message))).toEqual([
			status.UNIMPLEMENTED,
			"there is no method /x.Profiles/Export",
		])
		expect(await refused(call(METHODS.traces, Buffer.from("hello there")))).toEqual([
			status.INVALID_ARGUMENT,
			expect.stringContaining("the body is not a protobuf export request"),
		])
		expect(await refused(call(METHODS.metrics, message))).toEqual([
			status.INVALID_ARGUMENT,
			"these are traces; send them to /v1/traces",
		])
		const { error } = await call(METHODS.traces, Buffer.alloc(2_000))
		expect([error?.code, error?.metadata.get("grpc-status-details-bin")]).toEqual([status.RESOURCE_EXHAUSTED, []])
		expect((await send("traces", spans(span))).error).toBeUndefined()
		const found = await samples()
		const refusals = (reason: string) => found.get(`autonomous_telemetry_export_errors_total{reason="${reason}"}`)
		expect(["malformed", "unsupported", "too_large"].map(refusals)).toEqual([2, 1, 1])
	})

	/** A call in raw HTTP/2: what it is answered, after these bytes of its body. */
	async function raw(url: string, bytes: Buffer, headers: Record<string, string> = {}, end = true) {
		const session = connect(url)
		onTestFinished(() => session.destroy())
		const stream = session.request({
			":method": "POST",
			":path": METHODS.traces,
			"content-type": "application/grpc",
			authorization: `Bearer ${TOKEN}`,
			te: "trailers",
			...headers,
		})
		const answered = new Promise<Record<string, unknown>>((resolve) => {
			let seen: Record<string, unknown> = {}
			stream.on("response", (answer) => {
				seen = { ...seen, ...answer }
			})
			stream.on("trailers", (trailers) => {
				seen = { ...seen, ...trailers }
			})
			stream.on("close", () => resolve(seen))
			stream.on("error", () => undefined)
			stream.resume()
		})
		await new Promise<void>((resolve) => stream.write(bytes, () => resolve()))
		if (end) stream.end()
		return { stream, answered }
	}
	const framed = (message: Buffer, compressed = 0) => {
		const prefix = Buffer.from([compressed, 0, 0, 0, 0])
		prefix.writeUInt32BE(message.length, 1)
		return Buffer.concat([prefix, message])
	}

	it("reads exactly one message, packed or not, up to the limit when it is unpacked", async () => {
		const { url, samples } = await start({ bodyBytes: 10_000 })
		const message = toProtobuf("traces", spans(span))
		const status = async (bytes: Buffer, headers?: Record<string, string>) =>
			(await (await raw(url, bytes, headers)).answered)["grpc-status"]
		const gzip = { "grpc-encoding": "gzip" }
		expect(await status(framed(gzipSync(message), 1), gzip)).toBe("0")
		expect(await status(framed(message), gzip)).toBe("0")
		expect((await samples()).get(TURNS)).toBe(2)
		expect(await status(framed(gzipSync(Buffer.alloc(20_000)), 1), gzip)).toBe(String(grpc.status.RESOURCE_EXHAUSTED))
		expect(await status(Buffer.concat([framed(message), framed(message)]))).toBe(String(grpc.status.INVALID_ARGUMENT))
		expect(await status(framed(message).subarray(0, 20))).toBe(String(grpc.status.INVALID_ARGUMENT))
		expect(await status(framed(message), { "grpc-encoding": "br" })).toBe(String(grpc.status.UNIMPLEMENTED))
		const page = await raw(url, Buffer.from("{}"), { "content-type": "application/json" })
		expect(await page.answered).toMatchObject({ ":status": 415 })
	})

	it("keeps no one waiting for senders that stop half-way", async () => {
		const { url, send, samples } = await start({ stallMs: 2_000 })
		const slow = await Promise.all(Array.from({ length: 130 }, () => raw(url, Buffer.from([0, 0, 0, 1, 0]), {}, false)))
		expect((await send("traces", spans(span))).error).toBeUndefined()
		expect((await samples()).get(TURNS)).toBe(1)
		const [first] = await Promise.all(slow.map(({ answered }) => answered))
		expect(first).toMatchObject({ "grpc-status": String(grpc.status.DEADLINE_EXCEEDED) })
	})

	it("asks senders to come back later when too many are at it", async () => {
		const { url, send } = await start({ requests: 1 }, { ...systemClock, now: () => 1_000_000 })
		await raw(url, Buffer.from([0]), {}, false)
		const { error } = await send("traces", spans(span))
		expect(error?.code).toBe(grpc.status.UNAVAILABLE)
		const [details] = error?.metadata.get("grpc-status-details-bin") ?? []
		// RetryInfo in an Any: a Duration of 5 s.
		const bytes = Buffer.from(details ?? "").toString("hex")
		expect(bytes.endsWith(`${Buffer.from("google.rpc.RetryInfo").toString("hex")}12040a020805`)).toBe(true)
	})
})
