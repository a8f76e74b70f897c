import type { IncomingMessage, ServerResponse } from "node:http"
import { telemetryBuffer } from "../../../core/catalogue/subjects/telemetry.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import { listen } from "../../../core/lib/http.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import { Refusal, readBody, reservation } from "./body.ts"
import { WorkBuffer } from "./buffer.ts"
import { openJson } from "./decode/json.ts"
import { openProtobuf } from "./decode/protobuf.ts"
import { MalformedBody, SIGNALS, type Signal } from "./decode/units.ts"
import { pipelineHealth } from "./health.ts"
import { Streams } from "./interpret/streams.ts"
import { createPipeline } from "./pipeline.ts"
import { createReceiverCounters } from "./receiver-counters.ts"
import { createRecorder } from "./recorder.ts"
import type { Rejections } from "./rejections.ts"
import { CONTENT_TYPE, type Encoding, renderAccepted, renderRefused } from "./response-body.ts"
import { OBSERVED_SERIES } from "./series.ts"
import type { OtlpLimits, OtlpReceiver, OtlpReceiverOptions } from "./types.ts"

const MIB = 1024 * 1024

const DEFAULTS: OtlpLimits = {
	bodyBytes: 8 * MIB,
	requests: 128,
	readingBytes: 64 * MIB,
	bufferRecords: 50_000,
	bufferBytes: 32 * MIB,
	streams: 50_000,
}

/** From this fill on, senders are asked to come back later. */
const NEARLY_FULL = 0.9

/** The `Retry-After` of a sender that was refused. */
const RETRY_AFTER_SECONDS = 5

const OPEN = { protobuf: openProtobuf, json: openJson }

/** Starts the OTLP/HTTP endpoint. @throws ObservatoryError `port_taken` */
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
	const pipeline = createPipeline({ buffer, record, streams, counters, log, now, onUsage: options.onUsage })
	const reading = { requests: 0, bytes: 0 }

	const take = async (req: IncomingMessage, signal: Signal, encoding: Encoding): Promise<Buffer> => {
		const bytes = reservation(req, limits.bodyBytes)
		if (reading.requests >= limits.requests || reading.bytes + bytes > limits.readingBytes)
			throw new Refusal(429, "overloaded", "too many requests at once")
		// Before the work of reading it: a sender that comes back later loses nothing, a dropped span is gone.
		if (buffer.utilization() > NEARLY_FULL) throw new Refusal(429, "overloaded", "the buffer is nearly full")
		reading.requests++
		reading.bytes += bytes
		let processing: Promise<Rejections>
		try {
			const body = await readBody(req, limits.bodyBytes)
			processing = receive(signal, encoding, body)
		} finally {
			reading.requests--
			reading.bytes -= bytes
		}
		const rejections = await processing
		return renderAccepted(encoding, signal, rejections.records, rejections.message)
	}

	const receive = (signal: Signal, encoding: Encoding, body: Buffer): Promise<Rejections> => {
		try {
			// One call a signal, so that its parcel and its interpreter are known to be of one kind.
			const open = OPEN[encoding]
			if (signal === "traces") return pipeline.take(signal, open.traces(body, limits.bufferRecords), body.length)
			if (signal === "metrics") return pipeline.take(signal, open.metrics(body, limits.bufferRecords), body.length)
			return pipeline.take(signal, open.logs(body, limits.bufferRecords), body.length)
		} catch (error) {
			if (error instanceof MalformedBody) throw new Refusal(400, "malformed", messageOf(error), error)
			throw error
		}
	}

	const handle = async (req: IncomingMessage, res: ServerResponse) => {
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
		if (known.status === 405) res.setHeader("allow", "POST")
		answer(res, known.status, encoding, renderRefused(encoding, known.status, known.message))
		// What is left of the body is thrown away, within the server's own time limit.
		req.resume()
	}

	const server = await listen((req, res) => void handle(req, res), options.listen, "OTLP_LISTEN", {
		token: options.token,
		tokenVariable: "OTLP_TOKEN",
	})
	return {
		...server,
		health: () =>
			pipelineHealth({ ...counters.lastMinute(), utilization: buffer.utilization(), stalledMs: buffer.stalledMs() }),
		drained: () => buffer.drained(),
		async close() {
			await server.close()
			await buffer.drained()
		},
	}
}

function route(req: IncomingMessage): Signal {
	const { pathname } = new URL(req.url ?? "/", "http://receiver")
	const signal = SIGNALS.find((known) => pathname === `/v1/${known}`)
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
