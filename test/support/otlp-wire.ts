import protobuf from "protobufjs/minimal.js"

/*
 * The protobuf form of any document in OTLP's JSON encoding, also of a wrong one: a value that is not of its field's
 * type is written with another wire type, so that a reader meets the same mistake in both encodings.
 */

type Scalar =
	| "string"
	| "bytes"
	| "bool"
	| "int32"
	| "uint32"
	| "sint32"
	| "int64"
	| "uint64"
	| "fixed64"
	| "sfixed64"
	| "double"

interface Field {
	readonly number: number
	readonly type: Scalar | (() => Message)
	readonly repeated?: true
}

/** Fields by their JSON names. */
type Message = Readonly<Record<string, Field>>

const one = (number: number, type: Field["type"]): Field => ({ number, type })
const many = (number: number, type: Field["type"]): Field => ({ number, type, repeated: true })

const anyValue: Message = {
	stringValue: one(1, "string"),
	boolValue: one(2, "bool"),
	intValue: one(3, "int64"),
	doubleValue: one(4, "double"),
	arrayValue: one(5, () => ({ values: many(1, () => anyValue) })),
	kvlistValue: one(6, () => ({ values: many(1, () => keyValue) })),
}
const keyValue: Message = { key: one(1, "string"), value: one(2, () => anyValue) }
const resource: Message = { attributes: many(1, () => keyValue) }
const scope: Message = { name: one(1, "string"), version: one(2, "string") }

const event: Message = {
	timeUnixNano: one(1, "fixed64"),
	name: one(2, "string"),
	attributes: many(3, () => keyValue),
}
const span: Message = {
	traceId: one(1, "bytes"),
	spanId: one(2, "bytes"),
	parentSpanId: one(4, "bytes"),
	name: one(5, "string"),
	kind: one(6, "int32"),
	startTimeUnixNano: one(7, "fixed64"),
	endTimeUnixNano: one(8, "fixed64"),
	attributes: many(9, () => keyValue),
	events: many(11, () => event),
	status: one(15, () => ({ message: one(2, "string"), code: one(3, "int32") })),
}
const logRecord: Message = {
	timeUnixNano: one(1, "fixed64"),
	severityNumber: one(2, "int32"),
	severityText: one(3, "string"),
	body: one(5, () => anyValue),
	attributes: many(6, () => keyValue),
	traceId: one(9, "bytes"),
	spanId: one(10, "bytes"),
	observedTimeUnixNano: one(11, "fixed64"),
	eventName: one(12, "string"),
}
const numberPoint: Message = {
	startTimeUnixNano: one(2, "fixed64"),
	timeUnixNano: one(3, "fixed64"),
	asDouble: one(4, "double"),
	asInt: one(6, "sfixed64"),
	attributes: many(7, () => keyValue),
	flags: one(8, "uint32"),
}
const histogramPoint: Message = {
	startTimeUnixNano: one(2, "fixed64"),
	timeUnixNano: one(3, "fixed64"),
	count: one(4, "fixed64"),
	sum: one(5, "double"),
	bucketCounts: many(6, "fixed64"),
	explicitBounds: many(7, "double"),
	attributes: many(9, () => keyValue),
	flags: one(10, "uint32"),
}
const exponentialBuckets: Message = { offset: one(1, "sint32"), bucketCounts: many(2, "uint64") }
const exponentialPoint: Message = {
	attributes: many(1, () => keyValue),
	startTimeUnixNano: one(2, "fixed64"),
	timeUnixNano: one(3, "fixed64"),
	count: one(4, "fixed64"),
	sum: one(5, "double"),
	scale: one(6, "sint32"),
	zeroCount: one(7, "fixed64"),
	positive: one(8, () => exponentialBuckets),
	negative: one(9, () => exponentialBuckets),
	flags: one(10, "uint32"),
}
const data = (point: Message): Message => ({
	dataPoints: many(1, () => point),
	aggregationTemporality: one(2, "int32"),
	isMonotonic: one(3, "bool"),
})
const metric: Message = {
	name: one(1, "string"),
	description: one(2, "string"),
	unit: one(3, "string"),
	gauge: one(5, () => data(numberPoint)),
	sum: one(7, () => data(numberPoint)),
	histogram: one(9, () => data(histogramPoint)),
	exponentialHistogram: one(10, () => data(exponentialPoint)),
	summary: one(11, () => data(numberPoint)),
}

const request = (outer: string, inner: string, record: string, type: Message): Message => ({
	[outer]: many(1, () => ({
		resource: one(1, () => resource),
		[inner]: many(2, () => ({ scope: one(1, () => scope), [record]: many(2, () => type) })),
	})),
})

const REQUESTS = {
	traces: request("resourceSpans", "scopeSpans", "spans", span),
	metrics: request("resourceMetrics", "scopeMetrics", "metrics", metric),
	logs: request("resourceLogs", "scopeLogs", "logRecords", logRecord),
}

export type OtlpSignal = keyof typeof REQUESTS

/** The same request in protobuf; of a document that is no object, an empty one. */
export function toProtobuf(signal: OtlpSignal, document: unknown): Buffer {
	const writer = protobuf.Writer.create()
	if (isObject(document)) writeMessage(writer, REQUESTS[signal], document)
	return Buffer.from(writer.finish())
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === "object" && value !== null && !Array.isArray(value)

function writeMessage(writer: protobuf.Writer, message: Message, document: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(document)) {
		const field = Object.hasOwn(message, name) ? message[name] : undefined
		if (field === undefined || value === null || value === undefined) continue
		if (!field.repeated) writeValue(writer, field, value)
		else if (Array.isArray(value)) for (const item of value) writeValue(writer, field, item)
		else writeWrong(writer, field)
	}
}

function writeValue(writer: protobuf.Writer, field: Field, value: unknown): void {
	const { number, type } = field
	if (typeof type === "function") {
		if (!isObject(value)) {
			writeWrong(writer, field)
			return
		}
		writer.uint32((number << 3) | 2).fork()
		writeMessage(writer, type(), value)
		writer.ldelim()
		return
	}
	const scalar = scalarOf(type, value)
	if (scalar === undefined) {
		writeWrong(writer, field)
		return
	}
	writer.uint32((number << 3) | WIRE[type])
	;(writer as unknown as Record<Scalar, (value: unknown) => void>)[type](scalar)
}

const WIRE: Readonly<Record<Scalar, number>> = {
	string: 2,
	bytes: 2,
	bool: 0,
	int32: 0,
	uint32: 0,
	sint32: 0,
	int64: 0,
	uint64: 0,
	fixed64: 1,
	sfixed64: 1,
	double: 1,
}

/** A value that no reader of this field takes for its own. */
function writeWrong(writer: protobuf.Writer, { number, type }: Field): void {
	const isText = typeof type === "function" || type === "string" || type === "bytes"
	if (isText) writer.uint32(number << 3).uint32(1)
	else writer.uint32((number << 3) | 5).fixed32(1)
}

const RANGES: Readonly<Partial<Record<Scalar, readonly [bigint, bigint]>>> = {
	int32: [-(2n ** 31n), 2n ** 31n - 1n],
	sint32: [-(2n ** 31n), 2n ** 31n - 1n],
	uint32: [0n, 2n ** 32n - 1n],
	int64: [-(2n ** 63n), 2n ** 63n - 1n],
	sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
	uint64: [0n, 2n ** 64n - 1n],
	fixed64: [0n, 2n ** 64n - 1n],
}

/** What protobufjs writes for a JSON value; undefined when the value is not of the type. */
function scalarOf(type: Scalar, value: unknown): unknown {
	if (type === "bytes") return typeof value === "string" ? Buffer.from(value, "hex") : undefined
	if (type === "string") return typeof value === "string" ? value : undefined
	if (type === "bool") return typeof value === "boolean" ? value : undefined
	if (type === "double") {
		if (typeof value === "number") return value
		const isDouble = typeof value === "string" && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(value)
		return isDouble ? Number(value) : undefined
	}
	const whole =
		typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && /^-?\d{1,20}$/.test(value)
	const range = RANGES[type]
	if (!whole || range === undefined) return undefined
	let exact = BigInt(value as number | string)
	if (typeof value === "number" && exact === range[1] + 1n) exact = range[1]
	if (exact < range[0] || exact > range[1]) return undefined
	return type.endsWith("32") ? Number(exact) : longOf(exact)
}

/** As protobufjs takes 64 bits where no library for them is installed. */
function longOf(value: bigint): { low: number; high: number; unsigned: boolean } {
	const bits = BigInt.asUintN(64, value)
	return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: value >= 0n }
}
