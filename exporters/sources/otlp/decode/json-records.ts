import { eventName } from "../interpret/logs.ts"
import type { AttributeValue } from "../interpret/model.ts"
import {
	anyValue,
	INT64,
	int32,
	integer,
	isAbsent,
	isObject,
	type Json,
	list,
	nanos,
	object,
	readAttributes,
	text,
} from "./json-values.ts"
import { attributesOf, DEEPEST, EXCEPTION, type JsonValue, type LogRecord, type SpanRecord } from "./records.ts"
import type { Resource } from "./resource.ts"

interface Context {
	readonly resource: () => Resource
	readonly scope: string
}

/** @throws TypeError when it is malformed */
export const readJsonSpanRecord = (span: Json, { resource }: Context): SpanRecord => ({
	signal: "traces",
	traceId: id(span.traceId),
	spanId: id(span.spanId),
	parentSpanId: id(span.parentSpanId),
	name: text(span.name),
	kind: int32(span.kind),
	start: nanos(span.startTimeUnixNano),
	end: nanos(span.endTimeUnixNano),
	failed: int32(object(span.status).code) === 2,
	message: text(object(span.status).message) || exceptionOf(span),
	attributes: readAll(span.attributes),
	resource: attributesOf(resource),
})

/** @throws TypeError when it is malformed */
export function readJsonLogRecord(log: Json, { resource, scope }: Context): LogRecord {
	const attributes = readAll(log.attributes)
	const body = isAbsent(log.body) ? undefined : wholeValue(object(log.body))
	const scalars = attributes as ReadonlyMap<string, AttributeValue>
	return {
		signal: "logs",
		time: nanos(log.timeUnixNano) || nanos(log.observedTimeUnixNano),
		traceId: id(log.traceId),
		spanId: id(log.spanId),
		severity: int32(log.severityNumber),
		event: eventName(text(log.eventName), "", scope, scalars),
		body,
		attributes,
		resource: attributesOf(resource),
	}
}

/** Ids are hexadecimal; some senders encode them as protobuf's JSON encodes bytes. */
function id(value: unknown): string {
	const given = text(value)
	if (/^([0-9a-fA-F]{2})*$/.test(given)) return given.toLowerCase()
	return Buffer.from(given, "base64").toString("hex")
}

function exceptionOf(span: Json): string {
	const exception = list(span.events).find((event) => isObject(event) && event.name === EXCEPTION.event)
	if (!isObject(exception)) return ""
	const message = readAttributes(exception.attributes, new Set([EXCEPTION.message])).get(EXCEPTION.message)
	return message === undefined ? "" : String(message)
}

function readAll(from: unknown, depth = 0): Map<string, JsonValue> {
	const attributes = new Map<string, JsonValue>()
	for (const item of list(from))
		if (isObject(item)) attributes.set(text(item.key), wholeValue(object(item.value), depth))
	return attributes
}

/** A value of any type, lists and maps included. */
function wholeValue(members: Json, depth = 0): JsonValue {
	if (depth > DEEPEST) return null
	const { arrayValue, kvlistValue, bytesValue, intValue } = members
	if (!isAbsent(intValue)) return exactInteger(integer(intValue, INT64))
	if (!isAbsent(arrayValue)) return list(object(arrayValue).values).map((item) => wholeValue(object(item), depth + 1))
	if (!isAbsent(kvlistValue)) return Object.fromEntries(readAll(object(kvlistValue).values, depth + 1))
	if (!isAbsent(bytesValue)) return text(bytesValue)
	return anyValue(members) ?? null
}

/** As text where a number of JSON would round it. */
const exactInteger = (value: bigint): number | string =>
	BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
