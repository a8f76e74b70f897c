import { eventName } from "../interpret/logs.ts"
import type { AttributeValue } from "../interpret/model.ts"
import { attributesOf, DEEPEST, EXCEPTION, type JsonValue, type LogRecord, type SpanRecord } from "./records.ts"
import type { Resource } from "./resource.ts"
import {
	eachField,
	enter,
	type Nanos,
	NO_TIME,
	type Reader,
	readAnyValue,
	readInt32,
	readNanos,
	readString,
} from "./wire.ts"

interface Context {
	readonly resource: () => Resource
	readonly scope: string
}

/** Span {1: trace, 2: id, 4: parent, 5: name, 6: kind, 7: start, 8: end, 9: attributes, 11: events, 15: status}. @throws RangeError */
export function readSpanRecord(reader: Reader, end: number, { resource }: Context): SpanRecord {
	const attributes = new Map<string, JsonValue>()
	const ids = { trace: "", span: "", parent: "" }
	let name = ""
	let kind = 0
	let from = NO_TIME
	let to = NO_TIME
	let status = { code: 0, message: "" }
	let exception = ""
	eachField(reader, end, (number, wire) => {
		if (number === 1) ids.trace = readHex(reader)
		else if (number === 2) ids.span = readHex(reader)
		else if (number === 4) ids.parent = readHex(reader)
		else if (number === 5) name = readString(reader, wire)
		else if (number === 6) kind = readInt32(reader, wire)
		else if (number === 7) from = readNanos(reader, wire)
		else if (number === 8) to = readNanos(reader, wire)
		else if (number === 9) readKeyValue(reader, enter(reader, wire, end), attributes, 0)
		else if (number === 11) exception = readException(reader, enter(reader, wire, end)) || exception
		else if (number === 15) status = readStatus(reader, enter(reader, wire, end))
		else return false
		return true
	})
	return {
		signal: "traces",
		traceId: ids.trace,
		spanId: ids.span,
		parentSpanId: ids.parent,
		name,
		kind,
		start: whole(from),
		end: whole(to),
		failed: status.code === 2,
		message: status.message || exception,
		attributes,
		resource: attributesOf(resource),
	}
}

/** LogRecord {1: time, 2: severity, 5: body, 6: attributes, 9: trace, 10: span, 11: observed, 12: event name}. @throws RangeError */
export function readLogRecord(reader: Reader, end: number, { resource, scope }: Context): LogRecord {
	const attributes = new Map<string, JsonValue>()
	let time = NO_TIME
	let observed = NO_TIME
	let severity = 0
	let body: JsonValue | undefined
	let traceId = ""
	let spanId = ""
	let field = ""
	eachField(reader, end, (number, wire) => {
		if (number === 1) time = readNanos(reader, wire)
		else if (number === 2) severity = readInt32(reader, wire)
		else if (number === 5) body = readWholeValue(reader, enter(reader, wire, end), 0)
		else if (number === 6) readKeyValue(reader, enter(reader, wire, end), attributes, 0)
		else if (number === 9) traceId = readHex(reader)
		else if (number === 10) spanId = readHex(reader)
		else if (number === 11) observed = readNanos(reader, wire)
		else if (number === 12) field = readString(reader, wire)
		else return false
		return true
	})
	const scalars = attributes as ReadonlyMap<string, AttributeValue>
	return {
		signal: "logs",
		time: whole(time) || whole(observed),
		traceId,
		spanId,
		severity,
		event: eventName(field, "", scope, scalars),
		body,
		attributes,
		resource: attributesOf(resource),
	}
}

const whole = ({ high, low }: Nanos): bigint => (BigInt(high) << 32n) | BigInt(low)

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

function readHex(reader: Reader): string {
	let hex = ""
	for (const byte of reader.bytes()) hex += HEX[byte]
	return hex
}

function readStatus(reader: Reader, end: number): { code: number; message: string } {
	const status = { code: 0, message: "" }
	eachField(reader, end, (number, wire) => {
		if (number === 2) status.message = readString(reader, wire)
		else if (number === 3) status.code = readInt32(reader, wire)
		else return false
		return true
	})
	return status
}

/** Event {2: name, 3: attributes}. */
function readException(reader: Reader, end: number): string {
	const attributes = new Map<string, JsonValue>()
	let name = ""
	eachField(reader, end, (number, wire) => {
		if (number === 2) name = readString(reader, wire)
		else if (number === 3) readKeyValue(reader, enter(reader, wire, end), attributes, 0)
		else return false
		return true
	})
	const message = attributes.get(EXCEPTION.message)
	return name === EXCEPTION.event && message !== undefined ? String(message) : ""
}

function readKeyValue(reader: Reader, end: number, into: Map<string, JsonValue>, depth: number): void {
	let key = ""
	let value: JsonValue = null
	eachField(reader, end, (number, wire) => {
		if (number === 1) key = readString(reader, wire)
		else if (number === 2) value = readWholeValue(reader, enter(reader, wire, end), depth)
		else return false
		return true
	})
	into.set(key, value)
}

/** AnyValue {3: int64, 5: list, 6: map, 7: bytes}, and the scalars that metrics are made of. */
function readWholeValue(reader: Reader, end: number, depth: number): JsonValue {
	const start = reader.pos
	let value: JsonValue | undefined
	eachField(reader, end, (number, wire) => {
		if (number === 3) value = readInt64(reader)
		else if (number === 5 && depth < DEEPEST) value = readList(reader, enter(reader, wire, end), depth + 1)
		else if (number === 6 && depth < DEEPEST) value = readMap(reader, enter(reader, wire, end), depth + 1)
		else if (number === 7) value = Buffer.from(reader.bytes()).toString("base64")
		else return false
		return true
	})
	if (value !== undefined) return value
	reader.pos = start
	return readAnyValue(reader, end) ?? null
}

/** As text where a number of JSON would round it. */
function readInt64(reader: Reader): number | string {
	const start = reader.pos
	const near = Number(reader.int64())
	if (Number.isSafeInteger(near)) return near
	// The library rounds to a double where it finds no class for 64 bits.
	const bytes = [...reader.buf.subarray(start, reader.pos)]
	const bits = bytes.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n)
	return String(BigInt.asIntN(64, bits))
}

function readList(reader: Reader, end: number, depth: number): JsonValue {
	const values: JsonValue[] = []
	eachField(reader, end, (number, wire) => {
		if (number !== 1) return false
		values.push(readWholeValue(reader, enter(reader, wire, end), depth))
		return true
	})
	return values
}

function readMap(reader: Reader, end: number, depth: number): JsonValue {
	const values = new Map<string, JsonValue>()
	eachField(reader, end, (number, wire) => {
		if (number !== 1) return false
		readKeyValue(reader, enter(reader, wire, end), values, depth)
		return true
	})
	return Object.fromEntries(values)
}
