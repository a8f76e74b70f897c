import protobuf from "protobufjs/minimal.js"
import type { Signal } from "./decode/units.ts"

/** The two encodings of OTLP/HTTP. */
export type Encoding = "protobuf" | "json"

export const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
	protobuf: "application/x-protobuf",
	json: "application/json",
}

const REJECTED: Readonly<Record<Signal, string>> = {
	traces: "rejectedSpans",
	metrics: "rejectedDataPoints",
	logs: "rejectedLogRecords",
}

/**
 * The body of a 200: an Export…ServiceResponse, which is empty when everything was taken, else
 * {1: partial_success {1: rejected, 2: error_message}}.
 */
export function renderAccepted(encoding: Encoding, signal: Signal, rejected: number, message: string): Buffer {
	if (rejected === 0) return Buffer.from(encoding === "json" ? "{}" : "")
	if (encoding === "json") {
		const partialSuccess = { [REJECTED[signal]]: String(rejected), errorMessage: message }
		return Buffer.from(JSON.stringify({ partialSuccess }))
	}
	const writer = protobuf.Writer.create()
	writer.uint32(10).fork().uint32(8).int64(rejected).uint32(18).string(message).ldelim()
	return Buffer.from(writer.finish())
}

/** Codes of google.rpc.Code. */
const RPC_CODE: Readonly<Record<number, number>> = { 400: 3, 413: 3, 415: 3, 404: 5, 405: 12, 408: 4, 429: 8, 503: 14 }

/** The body of a refusal: google.rpc.Status {1: code, 2: message}. */
export function renderRefused(encoding: Encoding, status: number, message: string): Buffer {
	const code = RPC_CODE[status] ?? 13
	if (encoding === "json") return Buffer.from(JSON.stringify({ code, message }))
	const writer = protobuf.Writer.create()
	writer.uint32(8).int32(code).uint32(18).string(message)
	return Buffer.from(writer.finish())
}
