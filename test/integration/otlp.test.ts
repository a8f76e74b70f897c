import { readFileSync } from "node:fs"
import { request } from "node:http"
import path from "node:path"
import * as zlib from "node:zlib"
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api"
import { OTLPMetricExporter as MetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { NodeSDK } from "@opentelemetry/sdk-node"
import {
	BasicTracerProvider,
	BatchSpanProcessor,
	InMemorySpanExporter,
	type ReadableSpan,
	SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base"
import protobuf from "protobufjs/minimal.js"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { manualClock, systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import {
	MetricCapture,
	MonitoringSpanProcessor,
	MonitoringTelemetryClient,
} from "../../exporters/instrumentation/index.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import type { OtlpLimits } from "../../exporters/sources/otlp/types.ts"
import { type OtlpSignal, toProtobuf } from "../support/otlp-wire.ts"

const { deflateRawSync, deflateSync, gzipSync } = zlib

const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, "../fixtures/claude-code", name))

async function start(
	limits: Partial<OtlpLimits> = {},
	zeroHoldMs = 0,
	more: Partial<Parameters<typeof createOtlpReceiver>[0]> = {},
) {
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const receiver = await createOtlpReceiver({
		telemetry,
		listen: { host: "127.0.0.1", port: 0 },
		zeroHoldMs,
		log: silentLogger,
		clock: systemClock,
		limits,
		...more,
	})
	onTestFinished(() => receiver.close())
	const post = (to: string, body: Buffer | string, headers: Record<string, string> = {}) =>
		fetch(`${receiver.url}/v1/${to}`, {
			method: "POST",
			body: new Uint8Array(Buffer.from(body)),
			headers: { "content-type": "application/json", ...headers },
		})
	const value = async (series: string): Promise<number | undefined> => {
		await receiver.drained()
		const texts = await Promise.all([telemetry.expose("health"), telemetry.expose("autonomous")])
		const line = texts
			.join("\n")
			.split("\n")
			.find((text) => text.startsWith(`${series} `))
		return line === undefined ? undefined : Number(line.slice(series.length + 1))
	}
	return { telemetry, receiver, post, value }
}

const span = (name: string, more: object = {}) => ({
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
	name,
	kind: 3,
	startTimeUnixNano: "1795359185000000000",
	endTimeUnixNano: "1795359185250000000",
	...more,
})
const traces = (...spans: unknown[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const toolCall = (server: string, tool: string, more: object = {}) =>
	span(`mcp.${server}.${tool}`, {
		attributes: [attribute("rpc.system", "mcp"), attribute("rpc.service", server), attribute("rpc.method", tool)],
		...more,
	})

/** One point: of a counter, of a histogram when it has counts, or of a captured gauge. */
interface TestPoint {
	readonly sum?: number
	readonly counts?: readonly number[]
	readonly gauge?: number
}

/** As OTLP writes doubles into JSON, where some of them are text. */
const jsonDouble = (value: number) => (Number.isFinite(value) ? value : String(value))
const METHOD = ["mcp.method.name", "tools/call"] as const
const MODEL = ["model", "m"] as const

function pointsAsJson(points: readonly TestPoint[]) {
	const [first] = points
	const dataPoints = points.map(({ sum = 0, counts, gauge }) =>
		counts
			? {
					sum: jsonDouble(sum),
					bucketCounts: counts.map(String),
					explicitBounds: [1],
					attributes: [attribute(...METHOD)],
				}
			: { asDouble: jsonDouble(gauge ?? sum), attributes: gauge === undefined ? [attribute(...MODEL)] : [] },
	)
	const metric =
		first?.gauge !== undefined
			? { name: "size", gauge: { dataPoints } }
			: first?.counts
				? { name: "mcp.client.operation.duration", histogram: { aggregationTemporality: 1, dataPoints } }
				: { name: "claude_code.cost.usage", sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints } }
	const scope = first?.gauge === undefined ? {} : { name: "mcp-observatory.captured" }
	return { resourceMetrics: [{ scopeMetrics: [{ scope, metrics: [metric] }] }] }
}

/** The same with the field numbers of opentelemetry-proto. */
function pointsAsProtobuf(points: readonly TestPoint[]): Buffer {
	const [first] = points
	const writer = protobuf.Writer.create()
	const message = (field: number, fill: () => void) => {
		writer.uint32((field << 3) | 2).fork()
		fill()
		writer.ldelim()
	}
	const text = (field: number, value: string) => writer.uint32((field << 3) | 2).string(value)
	const double = (field: number, value: number) => writer.uint32((field << 3) | 1).double(value)
	const keyValue = (field: number, [key, value]: readonly [string, string]) =>
		message(field, () => {
			text(1, key)
			message(2, () => text(1, value))
		})
	const point = ({ sum = 0, counts, gauge }: TestPoint) => {
		if (counts === undefined) {
			double(4, gauge ?? sum)
			if (gauge === undefined) keyValue(7, MODEL)
			return
		}
		double(5, sum)
		for (const n of counts) writer.uint32((6 << 3) | 1).fixed64(n)
		double(7, 1)
		keyValue(9, METHOD)
	}
	const [name, data] =
		first?.gauge !== undefined
			? (["size", 5] as const)
			: first?.counts
				? (["mcp.client.operation.duration", 9] as const)
				: (["claude_code.cost.usage", 7] as const)
	const metric = () => {
		text(1, name)
		message(data, () => {
			for (const one of points) message(1, () => point(one))
			if (data !== 5) writer.uint32((2 << 3) | 0).int32(1)
			if (data === 7) writer.uint32((3 << 3) | 0).bool(true)
		})
	}
	message(1, () =>
		message(2, () => {
			if (data === 5) message(1, () => text(1, "mcp-observatory.captured"))
			message(2, metric)
		}),
	)
	return Buffer.from(writer.finish())
}

describe("the OTLP receiver", () => {
	it.each([
		["protobuf", (url: string) => new ProtoExporter({ url })],
		["protobuf and gzip", (url: string) => new ProtoExporter({ url, compression: "gzip" as never })],
		["JSON", (url: string) => new JsonExporter({ url })],
		["JSON and gzip", (url: string) => new JsonExporter({ url, compression: "gzip" as never })],
	])("turns what the OpenTelemetry SDK exports as %s into MCP metrics", async (_, exporter) => {
		const { receiver, value } = await start()
		const processor = new BatchSpanProcessor(exporter(`${receiver.url}/v1/traces`))
		const provider = new BasicTracerProvider({ spanProcessors: [processor] })
		const tracer = provider.getTracer("test")
		for (let i = 0; i < 30; i++) {
			const call = tracer.startSpan("mcp.memory.search", {
				kind: SpanKind.CLIENT,
				startTime: 1_000_000,
				attributes: {
					"rpc.system": "mcp",
					"rpc.service": "memory",
					"rpc.method": "search",
					"mcp.request": "x".repeat(500),
				},
			})
			if (i % 3 === 0) {
				call.recordException(new Error("no such entity"))
				call.setStatus({ code: SpanStatusCode.ERROR })
			} else call.setStatus({ code: SpanStatusCode.OK })
			call.end(1_000_150)
		}
		tracer.startSpan("GET /unrelated").end()
		await provider.forceFlush()
		await provider.shutdown()
		expect(await value('autonomous_mcp_requests_total{server="memory"}')).toBe(30)
		expect(await value('autonomous_mcp_request_errors_total{server="memory"}')).toBe(10)
		expect(await value('autonomous_mcp_request_duration_seconds_bucket{server="memory",le="0.1"}')).toBe(0)
		expect(await value('autonomous_mcp_request_duration_seconds_bucket{server="memory",le="0.2"}')).toBe(30)
		expect(await value('autonomous_mcp_request_duration_seconds_sum{server="memory"}')).toBeCloseTo(4.5)
		expect(await value("autonomous_telemetry_spans_received_total")).toBe(31)
		expect(await value("autonomous_telemetry_spans_processed_total")).toBe(31)
		expect(await value('autonomous_telemetry_spans_dropped_total{reason="buffer_full"}')).toBe(0)
		expect(receiver.health().status).toBe("healthy")
	})

	it("reads what Claude Code really sends: tokens, cost, tool decisions, requests, span durations", async () => {
		const { post, value } = await start()
		for (const signal of ["traces", "metrics", "logs"])
			expect((await post(signal, fixture(`${signal}.json`))).status).toBe(200)
		const tokens = (type: string) =>
			value(`autonomous_claude_code_tokens_total{type="${type}",model="claude-opus-4-8"}`)
		expect(await tokens("input")).toBe(240)
		expect(await tokens("output")).toBe(84)
		expect(await tokens("cache_read")).toBe(100)
		expect(await tokens("cache_creation")).toBe(60)
		expect(await value('autonomous_claude_code_cost_usd_total{model="claude-opus-4-8"}')).toBeCloseTo(0.003725)
		expect(await value('autonomous_claude_code_sessions_started_total{start_type="fresh"}')).toBe(1)
		expect(await value("autonomous_claude_code_prompts_total")).toBe(1)
		expect(await value('autonomous_claude_code_api_requests_total{model="claude-opus-4-8"}')).toBe(2)
		expect(
			await value('autonomous_claude_code_tool_decisions_total{tool="Bash",decision="accept",source="config"}'),
		).toBe(1)
		expect(await value('autonomous_claude_code_tool_results_total{tool="Bash"}')).toBe(1)
		expect(await value('autonomous_claude_code_tool_errors_total{tool="Bash"}')).toBe(0)
		expect(await value('autonomous_claude_code_operation_duration_seconds_count{operation="llm_request"}')).toBe(2)
		expect(await value('autonomous_telemetry_records_processed_total{signal="metric_point"}')).toBe(7)
		expect(await value('autonomous_telemetry_records_processed_total{signal="log_record"}')).toBe(6)
		expect(await value("autonomous_telemetry_spans_processed_total")).toBe(6)
	})

	it.each([
		["delta", AggregationTemporality.DELTA],
		["cumulative", AggregationTemporality.CUMULATIVE],
	])("counts what OpenTelemetry's SDK measures by the GenAI conventions to the unit (%s)", async (_, temporality) => {
		const { receiver, value } = await start()
		const resource = resourceFromAttributes({ "service.name": "planner" })
		const exporter = new MetricExporter({ url: `${receiver.url}/v1/metrics`, temporalityPreference: temporality })
		const provider = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter })] })
		const meter = provider.getMeter("agent")
		const usage = meter.createHistogram("gen_ai.client.token.usage", {
			advice: { explicitBucketBoundaries: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536] },
		})
		const duration = meter.createHistogram("gen_ai.client.operation.duration", { unit: "s" })
		const chat = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "m" }
		for (const batch of [[100, 2_000], [7], [], [64, 1, 90_000]]) {
			for (const tokens of batch) {
				usage.record(tokens, { ...chat, "gen_ai.token.type": "input" })
				usage.record(2 * tokens, { ...chat, "gen_ai.token.type": "output" })
				duration.record(1.5, tokens === 7 ? { ...chat, "error.type": "timeout" } : chat)
			}
			await provider.forceFlush()
		}
		await provider.shutdown()
		const tokens = (type: string) =>
			value(`autonomous_genai_tokens_total{type="${type}",provider="anthropic",model="m"}`)
		expect([await tokens("input"), await tokens("output")]).toEqual([92_172, 184_344])
		const labels = 'operation="chat",agent="planner",provider="anthropic"'
		const of = (series: string) => value(`autonomous_genai_${series}{${labels}}`)
		expect([await of("operations_total"), await of("operation_errors_total")]).toEqual([6, 1])
	})

	it("names what it does not understand, and nothing that it does", async () => {
		const { post, value, telemetry } = await start()
		const event = (name: string) => ({ body: { stringValue: name } })
		await post("traces", traces(span("GET /users"), span("GET /users"), toolCall("a", "b"), span("x", { kind: 2 })))
		await post(
			"logs",
			JSON.stringify({
				resourceLogs: [
					{ scopeLogs: [{ logRecords: [event("claude_code.brand_new"), event("claude_code.user_prompt")] }] },
				],
			}),
		)
		const unknown = (signal: string, name: string) =>
			value(`autonomous_telemetry_unknown_total{signal="${signal}",name="${name}"}`)
		expect(await unknown("span", "GET /users")).toBe(2)
		expect(await unknown("log_record", "claude_code.brand_new")).toBe(1)
		const lines = (await telemetry.expose("health")).split("\n")
		expect(lines.filter((line) => line.startsWith("autonomous_telemetry_unknown_total{"))).toHaveLength(2)
	})

	it("answers in the encoding of the request, with an empty response when all was taken", async () => {
		const { post } = await start()
		const json = await post("traces", traces(span("x")))
		expect([json.status, json.headers.get("content-type"), await json.text()]).toEqual([200, "application/json", "{}"])
		const binary = await post("traces", "", { "content-type": "application/x-protobuf" })
		expect([binary.status, binary.headers.get("content-type"), await binary.text()]).toEqual([
			200,
			"application/x-protobuf",
			"",
		])
	})

	it("keeps what fits into its buffer, says how much did not, and accounts for every span", async () => {
		const { post, value, receiver } = await start({ bufferRecords: 10 })
		const spans = Array.from({ length: 25 }, () => toolCall("a", "b"))
		const response = await post("traces", traces(...spans))
		expect(response.status).toBe(200)
		expect(await response.json()).toEqual({
			partialSuccess: { rejectedSpans: "15", errorMessage: "the receiver's buffer is full" },
		})
		expect(await value("autonomous_telemetry_spans_received_total")).toBe(25)
		expect(await value("autonomous_telemetry_spans_processed_total")).toBe(10)
		expect(await value('autonomous_telemetry_spans_dropped_total{reason="buffer_full"}')).toBe(15)
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(10)
		expect(await value("autonomous_telemetry_buffer_utilization_ratio")).toBe(0)
		expect(receiver.health()).toMatchObject({
			status: "unhealthy",
			detail: "15 of 25 records were dropped in the last minute",
		})
	})

	it("reports rejected spans to a protobuf sender in protobuf", async () => {
		const { post } = await start({ bufferRecords: 1 })
		const writer = protobuf.Writer.create()
		writer.uint32(10).fork().uint32(18).fork()
		for (let i = 0; i < 3; i++) writer.uint32(18).fork().uint32(42).string("x").ldelim()
		const body = Buffer.from(writer.ldelim().ldelim().finish())
		const response = await post("traces", body, { "content-type": "application/x-protobuf" })
		const reader = protobuf.Reader.create(new Uint8Array(await response.arrayBuffer()))
		expect([reader.uint32(), reader.uint32() > 0, reader.uint32(), Number(reader.int64())]).toEqual([10, true, 8, 2])
		expect([reader.uint32(), reader.string()]).toEqual([18, "the receiver's buffer is full"])
	})

	it("drops a span that cannot be read and keeps the others of the same request", async () => {
		const { post, value } = await start()
		const bad = [span("x", { startTimeUnixNano: "yesterday" }), "not a span", 7, null]
		expect((await post("traces", traces(toolCall("a", "b"), ...bad, toolCall("a", "b")))).status).toBe(200)
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(2)
		expect(await value('autonomous_telemetry_spans_dropped_total{reason="malformed"}')).toBe(4)
		expect(await value("autonomous_telemetry_spans_received_total")).toBe(6)
	})

	const wire = {
		json: { type: "application/json", body: (...points: TestPoint[]) => JSON.stringify(pointsAsJson(points)) },
		protobuf: { type: "application/x-protobuf", body: (...points: TestPoint[]) => pointsAsProtobuf(points) },
	} as const
	it.each(["json", "protobuf"] as const)(
		"drops points that no counter or histogram can have, each alone, and continues (%s)",
		async (encoding) => {
			const { post, value, receiver } = await start({}, 100)
			const { type, body } = wire[encoding]
			const send = async (...points: TestPoint[]) =>
				expect((await post("metrics", body(...points), { "content-type": type })).status).toBe(200)
			const unusable = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e308, 1e308]
			await send(...unusable.map((sum) => ({ sum })), { sum: 3 })
			await send(...unusable.map((sum) => ({ sum, counts: [1, 0] })), { sum: 0.5, counts: [1, 0] })
			await send(...[Number.NaN, Number.POSITIVE_INFINITY].map((gauge) => ({ gauge })), { gauge: -7 })
			const cost = 'autonomous_claude_code_cost_usd_total{model="m"}'
			await vi.waitFor(async () => expect(await value(cost)).toBe(3), 60_000)
			const duration = 'autonomous_mcp_operation_duration_seconds_sum{method="tools/call",source="metric"}'
			await vi.waitFor(async () => expect(await value(duration)).toBe(0.5), 60_000)
			expect(await value('autonomous_captured_metric_value{name="size",application="unknown"}')).toBe(-7)
			const records = (what: string) => value(`autonomous_telemetry_records_${what}`)
			expect(await records('dropped_total{signal="metric_point",reason="malformed"}')).toBe(14)
			expect(await records('processed_total{signal="metric_point"}')).toBe(3)
			expect(await records('received_total{signal="metric_point"}')).toBe(17)
			expect(receiver.health().status).toBe("unhealthy")
		},
	)

	it("drops spans and events whose numbers would spoil a sum", async () => {
		const { post, value } = await start({}, 100)
		const tokens = (doubleValue: number) =>
			span("claude.turn", { attributes: [{ key: "claude.token_usage", value: { doubleValue } }] })
		await post(
			"traces",
			traces(tokens(1e308), tokens(1e308), span("claude.turn", { endTimeUnixNano: "9".repeat(400) }), tokens(5)),
		)
		const hook = (num_success: string) => ({
			body: { stringValue: "claude_code.hook_execution_complete" },
			attributes: [attribute("num_success", num_success)],
		})
		const logRecords = [hook("-1"), hook("2")]
		await post("logs", JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
		const turn = (name: string) => value(`autonomous_claude_code_operation_${name}{operation="claude.turn"}`)
		await vi.waitFor(async () => expect(await turn("tokens_total")).toBe(5), 60_000)
		expect(await turn("duration_seconds_sum")).toBeCloseTo(0.25)
		expect(await value('autonomous_claude_code_hooks_total{result="success"}')).toBe(2)
		expect(await value('autonomous_telemetry_spans_dropped_total{reason="malformed"}')).toBe(3)
	})

	const bomb = gzipSync(Buffer.alloc(20_000_000, " "))
	it.each([
		["text that is not JSON", "traces", "{", {}, 400, "malformed"],
		["JSON that is no export request", "traces", '{"resourceSpans": 1}', {}, 400, "malformed"],
		["a list instead of an object", "logs", "[]", {}, 400, "malformed"],
		[
			"bytes that are not protobuf",
			"traces",
			"hello there",
			{ "content-type": "application/x-protobuf" },
			400,
			"malformed",
		],
		["a body that is not gzip", "metrics", "{}", { "content-encoding": "gzip" }, 400, "malformed"],
		["another content type", "traces", "{}", { "content-type": "text/plain" }, 415, "unsupported"],
		["another content encoding", "traces", "{}", { "content-encoding": "br" }, 415, "unsupported"],
		["a body over the limit", "traces", Buffer.alloc(9_000_000), {}, 413, "too_large"],
		["a body that unpacks to more than the limit", "traces", bomb, { "content-encoding": "gzip" }, 413, "too_large"],
		["an unknown path", "profiles", "{}", {}, 404, "unsupported"],
	] as const)("refuses %s", async (_, to, body, headers, status, reason) => {
		const { post, value, receiver } = await start()
		const response = await post(to, Buffer.from(body), headers)
		expect(response.status).toBe(status)
		if (response.headers.get("content-type") === "application/json")
			expect(await response.json()).toMatchObject({ message: expect.any(String), code: expect.any(Number) })
		expect(await value(`autonomous_telemetry_export_errors_total{reason="${reason}"}`)).toBe(1)
		expect(receiver.health().status).toBe(reason === "unsupported" ? "healthy" : "degraded")
		expect((await post("traces", traces(span("x")))).status).toBe(200)
	})

	it("refuses another method and names the right one", async () => {
		const { receiver } = await start()
		const response = await fetch(`${receiver.url}/v1/traces`)
		expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"])
	})

	/** A sender that stops after these bytes of its body, which it sends in chunks; resolves when they have arrived. */
	async function slowSender(url: string, bytes = "{") {
		const req = request(`${url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" } })
		const answered = new Promise<number | undefined>((resolve) => {
			req.once("response", (response) => resolve(response.resume().statusCode))
			req.once("error", () => resolve(undefined))
		})
		await new Promise<void>((resolve) => req.write(bytes, () => resolve()))
		return { req, answered }
	}

	it("serves others while 130 senders stop half-way, and reserves only what has arrived", async () => {
		const { receiver, post, value } = await start()
		const slow = await Promise.all(Array.from({ length: 130 }, () => slowSender(receiver.url, '{"re')))
		expect((await post("traces", traces(toolCall("a", "b")))).status).toBe(200)
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(1)
		for (const { req } of slow) req.end("x")
		expect(new Set(await Promise.all(slow.map(({ answered }) => answered)))).toEqual(new Set([400]))
	})

	it("refuses the new sender when too many are at it, and a slow one as soon as its room is needed", async () => {
		const clock = manualClock(Date.now())
		const { receiver, post } = await start({ requests: 2 }, 0, { clock })
		const slow = [await slowSender(receiver.url), await slowSender(receiver.url)]
		await vi.waitFor(async () => {
			const refused = await post("traces", "{}")
			expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"])
		}, 60_000)
		clock.advance(1_000)
		expect((await post("traces", "{}")).status).toBe(200)
		expect(await Promise.race(slow.map(({ answered }) => answered))).toBe(429)
		for (const { req } of slow) req.destroy()
	})

	it("refuses a body that makes no progress", async () => {
		const { receiver, value } = await start({ stallMs: 50 })
		expect(await (await slowSender(receiver.url)).answered).toBe(408)
		expect(await value('autonomous_telemetry_export_errors_total{reason="timeout"}')).toBe(1)
	})

	it.each([
		["deflate", deflateSync],
		["deflate without zlib's header", deflateRawSync],
		["GZIP", gzipSync],
		["zstd", (zlib as { zstdCompressSync?: typeof gzipSync }).zstdCompressSync],
	])("reads a body packed with %s, on a path with a slash at its end", async (name, pack) => {
		const { post, value } = await start()
		const packed = pack ? pack(Buffer.from(traces(toolCall("a", "b")))) : Buffer.from("x")
		const answer = await post("traces/", packed, { "content-encoding": name.split(" ")[0] ?? "" })
		if (pack) expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(1)
		else expect([answer.status, await answer.text()]).toEqual([415, expect.stringContaining("needs Node 22.15")])
	})

	const toSignal: Readonly<Record<OtlpSignal, object>> = {
		traces: { resourceSpans: [{ scopeSpans: [{ spans: [toolCall("a", "b")] }] }] },
		metrics: pointsAsJson([{ sum: 1 }]),
		logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: "1", body: { stringValue: "x" } }] }] }] },
	}
	const SIGNALS = ["traces", "metrics", "logs"] as const
	it("says so when a body was sent to the path of another signal", async () => {
		const { post } = await start()
		for (const signal of SIGNALS)
			for (const to of SIGNALS) {
				const binary = { "content-type": "application/x-protobuf" }
				const answers = [
					await post(to, JSON.stringify(toSignal[signal])),
					await post(to, toProtobuf(signal, toSignal[signal]), binary),
				]
				const statuses = answers.map(({ status }) => status)
				expect([signal, to, ...statuses]).toEqual([signal, to, ...(to === signal ? [200, 200] : [400, 400])])
				const words = await Promise.all(answers.map((answer) => answer.text()))
				if (to !== signal)
					for (const text of words) expect(text).toContain(`these are ${signal}; send them to /v1/${signal}`)
			}
	})

	it("lets pages of an allowed origin send, and others not", async () => {
		const [allowed, token] = ["https://app.example", "a-token-of-the-receiver"]
		const { receiver, post } = await start({}, 0, { token, corsOrigins: [allowed] })
		const preflight = (origin: string) =>
			fetch(`${receiver.url}/v1/traces`, {
				method: "OPTIONS",
				headers: { origin, "access-control-request-method": "POST", "sec-fetch-site": "cross-site" },
			})
		const answer = await preflight(allowed)
		expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, allowed])
		expect(answer.headers.get("access-control-allow-headers")).toContain("authorization")
		const stranger = await preflight("https://other.example")
		expect([stranger.status, stranger.headers.get("access-control-allow-origin")]).toEqual([403, null])
		const sent = await post("traces", "{}", { origin: allowed, authorization: `Bearer ${token}` })
		expect([sent.status, sent.headers.get("access-control-allow-origin")]).toEqual([200, allowed])
		expect((await post("traces", "{}", { origin: allowed })).status).toBe(401)
		const open = await start()
		expect((await open.post("traces", "{}", { origin: allowed })).status).toBe(403)
	})

	it("takes or refuses requests under pressure, and processes every span of those that it took whole", async () => {
		const { post, value } = await start({ bufferRecords: 10 })
		const responses = await Promise.all(
			Array.from({ length: 6 }, () => post("traces", traces(...Array(10).fill(toolCall("a", "b"))))),
		)
		const taken = responses.filter(({ status }) => status === 200).length
		expect(taken).toBeGreaterThan(0)
		expect(responses.every(({ status }) => status === 200 || status === 429)).toBe(true)
		const dropped = (await value('autonomous_telemetry_spans_dropped_total{reason="buffer_full"}')) ?? 0
		expect((await value("autonomous_telemetry_spans_processed_total")) ?? 0).toBe(taken * 10 - dropped)
	})

	it("keeps a hostile sender's names inside the labels' bounds, and counts what it folded", async () => {
		const { post, value, telemetry } = await start()
		const spans = Array.from({ length: 3_000 }, (_, i) => toolCall(`server-${i}`, "x"))
		await post("traces", traces(...spans, ...spans.map(({ name }) => span(`claude.${name}`))))
		expect(await value('autonomous_mcp_requests_total{server="other"}')).toBe(2_800)
		const folded = (label: string) =>
			value(`observatory_label_values_folded_total{series="autonomous_mcp_requests_total",label="${label}"}`)
		expect(await folded("server")).toBe(2_800)
		const lines = `${await telemetry.expose("health")}${await telemetry.expose("autonomous")}`.split("\n")
		expect(lines.filter((line) => line.startsWith("autonomous_mcp_requests_total{"))).toHaveLength(201)
		expect(lines.length).toBeLessThan(6_000)
	})

	it("shows a series that has just appeared at 0 for a while, so that increase() sees its first value", async () => {
		const { post, value } = await start({}, 300)
		await post("traces", traces(toolCall("a", "b"), toolCall("a", "b", { status: { code: 2 } })))
		const count = 'autonomous_mcp_request_duration_seconds_count{server="a"}'
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(0)
		expect(await value('autonomous_mcp_request_errors_total{server="a"}')).toBe(0)
		expect(await value(count)).toBe(0)
		await post("traces", traces(toolCall("a", "b")))
		await vi.waitFor(async () => expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(3), 60_000)
		expect(await value('autonomous_mcp_request_errors_total{server="a"}')).toBe(1)
		expect(await value(count)).toBe(3)
		expect(await value('autonomous_mcp_request_duration_seconds_sum{server="a"}')).toBeCloseTo(0.75)
		await post("traces", traces(toolCall("a", "b")))
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(4)
	})

	it("accepts cumulative metrics and counts each increase once, across restarts of the sender", async () => {
		const { post, value } = await start()
		const begin = Date.now() + 1_000
		const at = (ms: number) => `${begin + ms}000000`
		const point = (started: number, time: number, commits: number) =>
			JSON.stringify({
				resourceMetrics: [
					{
						scopeMetrics: [
							{
								metrics: [
									{
										name: "claude_code.commit.count",
										sum: {
											aggregationTemporality: 2,
											isMonotonic: true,
											dataPoints: [{ startTimeUnixNano: at(started), timeUnixNano: at(time), asInt: String(commits) }],
										},
									},
								],
							},
						],
					},
				],
			})
		const send = async (...points: [number, number, number]) => {
			expect((await post("metrics", point(...points))).status).toBe(200)
			return value("autonomous_claude_code_commits_total")
		}
		expect(await send(0, 10, 2)).toBe(2)
		expect(await send(0, 20, 5)).toBe(5)
		expect(await send(0, 20, 5)).toBe(5)
		expect(await send(0, 15, 3)).toBe(5)
		expect(await send(100, 110, 1)).toBe(6)
		// Two processes with the same attributes are distinguished by their start: the first one continues.
		expect(await send(0, 30, 9)).toBe(10)
	})

	it("keeps answering while a large backlog is processed", async () => {
		const { post, value } = await start()
		const body = traces(...Array.from({ length: 20_000 }, () => toolCall("a", "b")))
		expect((await post("traces", body)).status).toBe(200)
		const started = Date.now()
		expect((await post("logs", "{}")).status).toBe(200)
		expect(Date.now() - started).toBeLessThan(500)
		expect(await value('autonomous_mcp_requests_total{server="a"}')).toBe(20_000)
	})
})

describe("an application's own NodeSDK", () => {
	it("needs one span processor more, which sends what matters without its contents", async () => {
		const { receiver, value } = await start()
		const own = new InMemorySpanExporter()
		const sdk = new NodeSDK({
			spanProcessors: [new MonitoringSpanProcessor({ url: receiver.url }), new SimpleSpanProcessor(own)],
			instrumentations: [],
			autoDetectResources: false,
		})
		sdk.start()
		onTestFinished(() => trace.disable())
		const tracer = trace.getTracer("application")
		tracer.startSpan("GET /unrelated").end()
		const call = tracer.startSpan("mcp.memory.search", {
			kind: SpanKind.CLIENT,
			attributes: { "rpc.system": "mcp", "rpc.service": "memory", "mcp.request": "a secret" },
		})
		call.recordException(new Error("a secret as well"))
		call.setStatus({ code: SpanStatusCode.ERROR, message: "another secret" })
		call.end()
		tracer.startSpan("tools/call x", { kind: SpanKind.SERVER, attributes: { "mcp.method.name": "tools/call" } }).end()
		expect(own.getFinishedSpans()).toHaveLength(3)
		expect(own.getFinishedSpans()[1]?.attributes["mcp.request"]).toBe("a secret")
		await sdk.shutdown()
		expect(await value("autonomous_telemetry_spans_received_total")).toBe(1)
		expect(await value('autonomous_mcp_requests_total{server="memory"}')).toBe(1)
		expect(await value('autonomous_mcp_request_errors_total{server="memory"}')).toBe(1)
	})

	it("lets no content of a span out", () => {
		const sent: ReadableSpan[] = []
		const next = {
			onStart: () => undefined,
			onEnd: (span: ReadableSpan) => void sent.push(span),
			forceFlush: async () => undefined,
			shutdown: async () => undefined,
		}
		const provider = new BasicTracerProvider({ spanProcessors: [new MonitoringSpanProcessor({ next })] })
		const call = provider.getTracer("t").startSpan("mcp.memory.search", {
			attributes: { "rpc.system": "mcp", "rpc.service": "m", "mcp.request": "a secret" },
		})
		call.addEvent("a secret")
		call.setStatus({ code: SpanStatusCode.ERROR, message: "a secret" })
		call.end()
		const { resource: _, ...rest } = sent[0] ?? {}
		expect(JSON.stringify(rest)).not.toContain("a secret")
		expect(sent[0]?.attributes).toEqual({ "rpc.system": "mcp", "rpc.service": "m" })
	})

	it("can capture metrics of its own, which have a value, an age and a count", async () => {
		const { receiver, value } = await start()
		const events: unknown[] = []
		const client = new MonitoringTelemetryClient(
			{ capture: (event) => events.push(event) },
			{ url: receiver.url, application: "editor" },
		)
		await client.captureMetric({ name: "index_size", value: 10, timestamp: new Date(5_000) })
		await client.captureMetric({ name: "index_size", value: 12.5, timestamp: new Date(6_000), tags: { kind: "full" } })
		await client.shutdown()
		const labels = '{name="index_size",application="editor"}'
		expect(await value(`autonomous_captured_metric_value${labels}`)).toBe(12.5)
		expect(await value(`autonomous_captured_metric_timestamp_seconds${labels}`)).toBe(6)
		expect(await value(`autonomous_captured_metrics_total${labels}`)).toBe(2)
		expect(events).toHaveLength(2)
	})

	it("gets a report of captured metrics that could not be sent, and is not disturbed otherwise", async () => {
		const lost: number[] = []
		const capture = new MetricCapture({ url: "http://127.0.0.1:1", application: "x", onError: (_, n) => lost.push(n) })
		for (let i = 0; i < 1_002; i++) capture.captureMetric({ name: "a", value: i })
		await capture.shutdown()
		expect(lost).toEqual([2, 1_000])
		expect(() => capture.captureMetric({ name: "a", value: Number.NaN })).toThrow(TypeError)
	})
})
