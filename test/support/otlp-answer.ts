import protobuf from "protobufjs/minimal.js"

/** What a receiver says of records that it does not use. */
export interface Answer {
	readonly status: number
	readonly rejected: number
	readonly message: string
}

/** Reads an answer in the encoding of its content type; an error has nothing about records. */
export function fromAnswer(type: string, status: number, body: Buffer): Answer {
	if (status !== 200 || body.length === 0) return { status, rejected: 0, message: "" }
	return { status, ...(type === "application/json" ? fromJson(body.toString("utf8")) : fromProtobuf(body)) }
}

function fromJson(text: string): Omit<Answer, "status"> {
	const { partialSuccess = {} } = JSON.parse(text)
	const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage = "" } = partialSuccess
	return { rejected: Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0), message: errorMessage }
}

/** {1: partial_success {1: rejected, 2: error_message}}. */
function fromProtobuf(body: Buffer): Omit<Answer, "status"> {
	const reader = protobuf.Reader.create(body)
	let [rejected, message] = [0, ""]
	reader.uint32()
	const end = reader.uint32() + reader.pos
	while (reader.pos < end) {
		if (reader.uint32() >>> 3 === 1) rejected = Number(reader.int64())
		else message = reader.string()
	}
	return { rejected, message }
}
