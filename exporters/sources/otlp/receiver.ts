import type { IncomingMessage, ServerResponse } from "node:http"
import { telemetryBuffer } from "../../../core/catalogue/subjects/telemetry.ts"
import { listen } from "../../../core/lib/http.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import { contentEncoding, Refusal } from "./body.ts"
import { WorkBuffer } from "./buffer.ts"
import { answerCors } from "./cors.ts"
import { SIGNALS, type Signal } from "./decode/units.ts"
import { createOtlpGrpc } from "./grpc.ts"
import { pipelineHealth } from "./health.ts"
import { createIntake, type Intake, RETRY_AFTER_SECONDS } from "./intake.ts"
import { createReported } from "./interpret/gen-ai.ts"
import { Streams } from "./interpret/streams.ts"
import { createPipeline } from "./pipeline.ts"
import { Readers } from "./readers.ts"
import { createReceiverCounters, type ReceiverCounters } from "./receiver-counters.ts"
import { createRecorder } from "./recorder.ts"
import { CONTENT_TYPE, type Encoding, renderAccepted, renderRefused } from "./response-body.ts"
import { OBSERVED_SERIES } from "./series.ts"
import type { GrpcServer, OtlpLimits, OtlpReceiver, OtlpReceiverOptions } from "./types.ts"

const MIB = 1024 * 1024

const DEFAULTS: OtlpLimits = {
	bodyBytes: 8 * MIB,
	requests: 1_024,
	readingBytes: 64 * MIB,
	stallMs: 5_000,
	bufferRecords: 50_000,
	bufferBytes: 32 * MIB,
	streams: 50_000,
}

/** Starts the OTLP endpoints: HTTP, and gRPC where `grpcListen` says. @throws ObservatoryError `port_taken` */
export async function createOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
	const { telemetry, log, clock } = options
	const limits = { ...DEFAULTS, ...options.limits }
	const now = () => clock.now()
	const zeroHoldMs = options.zeroHoldMs ?? ZERO_HOLD_MS
	const counters = createReceiverCounters(telemetry, now, zeroHoldMs)
	const utilization = telemetry.gauge(telemetryBuffer)
	utilization.set({}, 0)
	const buffer = new WorkBuffer({ records: limits.bufferRecords, bytes: limits.bufferBytes }, now, (value) =>
		utilization.set({}, value),
	)
	const streams = new Streams(limits.streams, clock.now() / 1000)
	const record = createRecorder(telemetry, OBSERVED_SERIES, zeroHoldMs)
	const pipeline = createPipeline({
		buffer,
		record,
		streams,
		reported: createReported(),
		counters,
		log,
		now,
		onUsage: options.onUsage,
		store: options.store,
		onLog: options.onLog,
	})

	const intake = createIntake({
		readers: new Readers(limits, now),
		buffer,
		pipeline,
		limits,
		forwarder: options.forwarder,
	})

	const take = async (req: IncomingMessage, signal: Signal, encoding: Encoding): Promise<Buffer> => {
		const packing = contentEncoding(req.headers["content-encoding"])
		const announced = Number(req.headers["content-length"] ?? 0)
		const frame = (packed: Buffer) => ({ packed, packing })
		const { records, message } = await intake({ signal, encoding, body: req, announced, frame })
		return renderAccepted(encoding, signal, records, message)
	}

	const handle = async (req: IncomingMessage, res: ServerResponse) => {
		if (answerCors(req, res, options.corsOrigins ?? [])) return
		const encoding = encodingOf(req)
		try {
			const signal = route(req)
			if (encoding === undefined)
				throw new Refusal(415, "unsupported", "the content type must be application/x-protobuf or application/json")
			answer(res, 200, encoding, await take(req, signal, encoding))
		} catch (error) {
			refuse(req, res, encoding ?? "json", error)
		}
	}

	const refuse = (req: IncomingMessage, res: ServerResponse, encoding: Encoding, error: unknown) => {
		if (req.destroyed && !req.complete) return
		const known = error instanceof Refusal ? error : new Refusal(500, "malformed", "something went wrong here", error)
		if (known.status === 500) log.error({ err: error }, "an OTLP request failed")
		counters.refused(known.reason)
		if (known.status === 429) res.setHeader("retry-after", RETRY_AFTER_SECONDS)
		// The rest of a body that stopped would be waited for.
		if (known.status === 408) res.setHeader("connection", "close")
		if (known.status === 405) res.setHeader("allow", "POST")
		answer(res, known.status, encoding, renderRefused(encoding, known.status, known.message))
		// What is left of the body is thrown away, within the server's own time limit.
		req.resume()
	}

	const server = await listen((req, res) => void handle(req, res), options.listen, "OTLP_LISTEN", {
		token: options.token,
		tokenVariable: "OTLP_TOKEN",
		foreignOrigins: options.corsOrigins ?? [],
	})
	const grpc = await startGrpc(options, intake, counters).catch(async (error) => {
		await server.close()
		throw error
	})
	return {
		...server,
		grpc,
		health: () =>
			pipelineHealth({ ...counters.lastMinute(), utilization: buffer.utilization(), stalledMs: buffer.stalledMs() }),
		drained: () => buffer.drained(),
		async close() {
			await Promise.all([server.close(), grpc?.close()])
			await buffer.drained()
		},
	}
}

async function startGrpc(
	{ grpcListen, token, log }: OtlpReceiverOptions,
	intake: Intake,
	counters: ReceiverCounters,
): Promise<GrpcServer | undefined> {
	return grpcListen && createOtlpGrpc({ intake, counters, listen: grpcListen, token, log })
}

function route(req: IncomingMessage): Signal {
	const { pathname } = new URL(req.url ?? "/", "http://receiver")
	const signal = SIGNALS.find((known) => pathname.replace(/\/$/, "") === `/v1/${known}`)
	if (signal === undefined)
		throw new Refusal(404, "unsupported", `there is nothing at ${pathname}; use /v1/traces, /v1/metrics or /v1/logs`)
	if (req.method !== "POST") throw new Refusal(405, "unsupported", "use POST")
	return signal
}

function encodingOf(req: IncomingMessage): Encoding | undefined {
	const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase()
	if (type === CONTENT_TYPE.protobuf) return "protobuf"
	return type === CONTENT_TYPE.json ? "json" : undefined
}

function answer(res: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
	res.writeHead(status, { "content-type": CONTENT_TYPE[encoding], "content-length": body.length }).end(body)
}
