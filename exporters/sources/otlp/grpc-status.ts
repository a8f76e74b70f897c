import protobuf from "protobufjs/minimal.js"
import type { Refusal } from "./body.ts"
import { RETRY_AFTER_SECONDS } from "./intake.ts"

/** Codes of google.rpc.Code by the HTTP status of a refusal; OTLP says which of them a sender repeats. */
const CODES: Readonly<Record<number, number>> = {
	400: 3, // INVALID_ARGUMENT
	401: 16, // UNAUTHENTICATED
	404: 12, // UNIMPLEMENTED
	408: 4, // DEADLINE_EXCEEDED
	413: 8, // RESOURCE_EXHAUSTED, which without RetryInfo is not repeated
	415: 12, // UNIMPLEMENTED
	429: 14, // UNAVAILABLE
}
const INTERNAL = 13

/** The trailers of an answer that is a refusal, with RetryInfo where the sender may come back. */
export function renderStatus({ status, message }: Pick<Refusal, "status" | "message">): Record<string, string> {
	const code = CODES[status] ?? INTERNAL
	return {
		"grpc-status": String(code),
		"grpc-message": percentEncoded(message),
		...(status === 429 ? { "grpc-status-details-bin": details(code, message).toString("base64") } : {}),
	}
}

/** As gRPC writes messages: UTF-8, with what is not printable ASCII, and the percent sign, encoded. */
const percentEncoded = (message: string): string =>
	[...Buffer.from(message)]
		.map((byte) =>
			byte >= 0x20 && byte <= 0x7e && byte !== 0x25
				? String.fromCharCode(byte)
				: `%${byte.toString(16).padStart(2, "0").toUpperCase()}`,
		)
		.join("")

/** google.rpc.Status {1: code, 2: message, 3: details}, its one detail RetryInfo {1: Duration {1: seconds}} in an Any. */
function details(code: number, message: string): Buffer {
	const retryInfo = protobuf.Writer.create()
	retryInfo.uint32(10).fork().uint32(8).int64(RETRY_AFTER_SECONDS).ldelim()
	const status = protobuf.Writer.create()
	status.uint32(8).int32(code).uint32(18).string(message)
	status.uint32(26).fork().uint32(10).string("type.googleapis.com/google.rpc.RetryInfo")
	status.uint32(18).bytes(retryInfo.finish()).ldelim()
	return Buffer.from(status.finish())
}
