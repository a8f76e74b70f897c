import {
	constants,
	createServer,
	type IncomingHttpHeaders,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from "node:http2"
import type { ListenAddress } from "../../../core/lib/config.ts"
import { bind } from "../../../core/lib/http.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { tokenCheck } from "../../../core/lib/request-check.ts"
import { contentEncoding, Refusal } from "./body.ts"
import type { Signal } from "./decode/units.ts"
import { renderStatus } from "./grpc-status.ts"
import type { Intake } from "./intake.ts"
import type { ReceiverCounters } from "./receiver-counters.ts"
import { renderAccepted } from "./response-body.ts"
import type { GrpcServer } from "./types.ts"

/*
 * OTLP over gRPC: three methods of one message each way. Node's HTTP/2 is used directly, because a library of gRPC reads a
 * whole message before we see any of it: the limits of memory and of slow senders would not hold.
 */

export interface GrpcOptions {
	readonly intake: Intake
	readonly counters: ReceiverCounters
	readonly listen: ListenAddress
	readonly token?: string | undefined
	readonly log: Logger
}

const SERVICE = "opentelemetry.proto.collector"
const METHODS: ReadonlyMap<string, Signal> = new Map([
	[`/${SERVICE}.trace.v1.TraceService/Export`, "traces"],
	[`/${SERVICE}.metrics.v1.MetricsService/Export`, "metrics"],
	[`/${SERVICE}.logs.v1.LogsService/Export`, "logs"],
])

const STREAMS_OF_A_CONNECTION = 128
/** Milliseconds after which a connection without a request is closed. */
const IDLE_MS = 300_000
/** Milliseconds that requests have when the server ends. */
const CLOSING_MS = 2_000

const CONTENT_TYPE = "application/grpc"
/** A flag for "compressed" and four bytes for the length. */
const PREFIX = 5

/** Starts the OTLP/gRPC endpoint, without TLS. @throws ObservatoryError `port_taken` */
export async function createOtlpGrpc({ intake, counters, listen, token, log }: GrpcOptions): Promise<GrpcServer> {
	const withoutToken = tokenCheck(token, "OTLP_TOKEN")

	const take = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Buffer> => {
		const unauthorized = withoutToken({ headers })
		if (unauthorized) throw new Refusal(401, "unsupported", `${unauthorized.message} ${unauthorized.advice ?? ""}`)
		const path = headers[":path"] ?? ""
		const signal = METHODS.get(path)
		if (signal === undefined) throw new Refusal(404, "unsupported", `there is no method ${path}`)
		const encoding = contentEncoding(headers["grpc-encoding"]?.toString())
		const announced = Number(headers["content-length"] ?? 0)
		const frame = (arrived: Buffer) => unframe(arrived, encoding)
		const { records, message } = await intake({ signal, encoding: "protobuf", body: stream, announced, frame })
		return renderAccepted("protobuf", signal, records, message)
	}

	const handle = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
		// Its errors are those of the connection, which ends the request.
		stream.on("error", (error) => log.debug({ error: error.message }, "a gRPC request broke off"))
		if (!headers["content-type"]?.startsWith(CONTENT_TYPE)) {
			stream.respond({ ":status": 415 }, { endStream: true })
			return stream.close(constants.NGHTTP2_NO_ERROR)
		}
		try {
			accept(stream, await take(stream, headers))
		} catch (error) {
			if (stream.aborted || stream.destroyed) return
			const known = error instanceof Refusal ? error : new Refusal(500, "malformed", "something went wrong here", error)
			if (known.status === 500) log.error({ err: error }, "an OTLP request failed")
			// A wrong token is no fault of the telemetry; HTTP does not count one either.
			if (known.status !== 401) counters.refused(known.reason)
			refuse(stream, known)
		}
	}

	const server = createServer({ settings: { maxConcurrentStreams: STREAMS_OF_A_CONNECTION } })
	const sessions = new Set<ServerHttp2Session>()
	server.on("session", (session) => {
		sessions.add(session)
		session.on("close", () => sessions.delete(session))
		session.setTimeout(IDLE_MS, () => session.close())
	})
	server.on("sessionError", (error) => log.debug({ error: error.message }, "a gRPC connection broke off"))
	server.on("stream", (stream, headers) => void handle(stream, headers))
	const { url } = await bind(server, listen, "OTLP_GRPC_LISTEN")
	return {
		url,
		async close() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()))
			for (const session of sessions) session.close()
			const late = setTimeout(() => {
				for (const session of sessions) session.destroy()
			}, CLOSING_MS)
			await closed
			clearTimeout(late)
		},
	}
}

/** The one message of a request. @throws Refusal */
function unframe(arrived: Buffer, encoding: string): { readonly packed: Buffer; readonly packing: string } {
	if (arrived.length < PREFIX || arrived.length !== PREFIX + arrived.readUInt32BE(1))
		throw new Refusal(400, "malformed", "the request is not exactly one message of gRPC")
	return { packed: arrived.subarray(PREFIX), packing: arrived[0] === 0 ? "identity" : encoding }
}

function accept(stream: ServerHttp2Stream, message: Buffer): void {
	if (stream.destroyed) return
	stream.respond({ ":status": 200, "content-type": CONTENT_TYPE }, { waitForTrailers: true })
	stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }))
	const prefix = Buffer.alloc(PREFIX)
	prefix.writeUInt32BE(message.length, 1)
	stream.end(Buffer.concat([prefix, message]))
}

function refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
	// Whatever else arrives is dropped; the sender is asked to send no more of it.
	stream.resume()
	stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR))
	const headers = { ":status": 200, "content-type": CONTENT_TYPE, "grpc-accept-encoding": "identity,gzip,deflate" }
	stream.respond({ ...headers, ...renderStatus(refusal) }, { endStream: true })
}
