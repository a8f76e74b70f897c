import { SPAN_ATTRIBUTES } from "../../../instrumentation/understood.ts"
import { eventName, LOG_ATTRIBUTES } from "../interpret/logs.ts"
import type { AttributeValue, LogView, Sender, SpanView } from "../interpret/model.ts"
import { countPoints, readPoints } from "./points.ts"
import { readLogRecord, readSpanRecord } from "./protobuf-records.ts"
import type { TelemetryRecord } from "./records.ts"
import { once, type Resource, resourceOf, senderOf } from "./resource.ts"
import { signalOf } from "./signal.ts"
import { MalformedBody, type MalformedRecord, type Open, otherSignal, type Parcel, type Signal } from "./units.ts"
import {
	eachField,
	enter,
	isMessage,
	isTime,
	NO_TIME,
	passOver,
	type Range,
	type Reader,
	readAnyValue,
	readAttribute,
	readerOf,
	readInt32,
	readNanos,
	readString,
	secondsBetween,
} from "./wire.ts"

/** The resource and scope of a unit. */
interface Context {
	/** Read once, when the first record needs it. @throws an error of any kind when it is malformed */
	readonly resource: () => Resource
	readonly scope: string
}

interface Unit {
	/** Where it lies; undefined when its field holds no message. */
	readonly range: Range | undefined
	readonly context: Context
	readonly records: number
}

export const openProtobuf: Open = {
	traces: (body, keep) =>
		parcel("traces", body, keep, {
			read: (reader, end, { resource }) => [{ ...readSpan(reader, end), ...senderOf(resource) }],
			readRecord: readSpanRecord,
		}),
	logs: (body, keep) =>
		parcel("logs", body, keep, {
			read: (reader, end, { resource, scope }) => [{ ...readLog(reader, end, scope), ...senderOf(resource) }],
			readRecord: readLogRecord,
		}),
	metrics: (body, keep) =>
		parcel("metrics", body, keep, {
			read: (reader, end, { resource, scope }) => readPoints(reader, end, resource(), scope),
			countRecords: countPoints,
		}),
}

interface UnitReaders<View> {
	readonly read: (reader: Reader, end: number, context: Context) => readonly (View | MalformedRecord)[]
	/** Counts the points of a metric; other units are one record each. */
	readonly countRecords?: (reader: Reader, end: number) => number
	readonly readRecord?: (reader: Reader, end: number, context: Context) => TelemetryRecord
}

function parcel<View>(
	signal: Signal,
	body: Buffer,
	keep: number,
	{ read, countRecords, readRecord }: UnitReaders<View>,
): Parcel<View> {
	const units: Unit[] = []
	let total = 0
	try {
		const reader = readerOf(body)
		// All three requests have one shape: 1 = resources {1 = resource, 2 = scopes {1 = scope, 2 = records}}.
		eachField(reader, body.length, (number, wire) => {
			if (number !== 1) return false
			lookThrough(reader, enter(reader, wire, body.length), (range, context) => {
				total++
				if (units.length >= keep) return
				let records = 1
				if (countRecords && range) {
					reader.pos = range.start
					records = countRecords(reader, range.end)
				}
				units.push({ range, context, records })
			})
			return true
		})
	} catch (cause) {
		throw new MalformedBody("the body is not a protobuf export request", { cause })
	}
	const [first] = units
	const found = first?.range && signalOf(readerOf(body), first.range)
	if (found !== undefined && found !== signal) throw otherSignal(found)
	return {
		units: total,
		records: (i) => units[i]?.records ?? 1,
		read(i) {
			const unit = units[i]
			if (unit === undefined) return []
			if (unit.range === undefined) throw new RangeError("a message was expected")
			const reader = readerOf(body)
			reader.pos = unit.range.start
			return read(reader, unit.range.end, unit.context)
		},
		record(i) {
			const unit = units[i]
			if (unit?.range === undefined || readRecord === undefined) return undefined
			const reader = readerOf(body)
			reader.pos = unit.range.start
			return readRecord(reader, unit.range.end, unit.context)
		},
	}
}

function lookThrough(reader: Reader, end: number, found: (unit: Range | undefined, context: Context) => void): void {
	let resource: Range | undefined
	const scopes: Range[] = []
	eachField(reader, end, (number, wire) => {
		if (number === 1) resource = passOver(reader, wire, end)
		else if (number === 2) scopes.push(passOver(reader, wire, end))
		else return false
		return true
	})
	const read = once(() => readResource(reader.buf, resource))
	for (const range of scopes) {
		let scope = ""
		reader.pos = range.start
		const ranges: (Range | undefined)[] = []
		eachField(reader, range.end, (number, wire) => {
			if (number === 1) scope = readScopeName(reader, enter(reader, wire, range.end))
			else if (number === 2) {
				// One that is no message is alone malformed, as in JSON.
				if (!isMessage(wire)) ranges.push(undefined)
				else ranges.push(passOver(reader, wire, range.end))
				return isMessage(wire)
			} else return false
			return true
		})
		const context = { resource: read, scope }
		for (const unit of ranges) found(unit, context)
	}
	reader.pos = end
}

/** InstrumentationScope {1: name}. */
function readScopeName(reader: Reader, end: number): string {
	let name = ""
	eachField(reader, end, (number, wire) => {
		if (number !== 1) return false
		name = readString(reader, wire)
		return true
	})
	return name
}

/** Span {5: name, 6: kind, 7: start, 8: end, 9: attributes, 15: status {3: code}}; code 2 is ERROR. */
function readSpan(reader: Reader, end: number): Omit<SpanView, keyof Sender> {
	const attributes = new Map<string, AttributeValue>()
	let name = ""
	let kind = 0
	let failed = false
	let from = NO_TIME
	let to = NO_TIME
	eachField(reader, end, (number, wire) => {
		if (number === 5) name = readString(reader, wire)
		else if (number === 6) kind = readInt32(reader, wire)
		else if (number === 7) from = readNanos(reader, wire)
		else if (number === 8) to = readNanos(reader, wire)
		else if (number === 9) readAttribute(reader, enter(reader, wire, end), attributes, SPAN_ATTRIBUTES)
		else if (number === 15) failed = readStatus(reader, enter(reader, wire, end)) === 2
		else return false
		return true
	})
	if (!isTime(from) || !isTime(to)) return { name, kind, seconds: 0, untimed: true, failed, attributes }
	return { name, kind, seconds: Math.max(0, secondsBetween(from, to)), failed, attributes }
}

function readStatus(reader: Reader, end: number): number {
	let code = 0
	eachField(reader, end, (number, wire) => {
		if (number !== 3) return false
		code = readInt32(reader, wire)
		return true
	})
	return code
}

/** LogRecord {5: body, 6: attributes, 12: event_name}. */
function readLog(reader: Reader, end: number, scope: string): Omit<LogView, keyof Sender> {
	const attributes = new Map<string, AttributeValue>()
	let body = ""
	let field = ""
	eachField(reader, end, (number, wire) => {
		if (number === 5) {
			const value = readAnyValue(reader, enter(reader, wire, end))
			if (typeof value === "string") body = value
		} else if (number === 6) readAttribute(reader, enter(reader, wire, end), attributes, LOG_ATTRIBUTES)
		else if (number === 12) field = readString(reader, wire)
		else return false
		return true
	})
	return { name: eventName(field, body, scope, attributes), attributes }
}

function readResource(body: Uint8Array, resource: Range | undefined): Resource {
	const attributes = new Map<string, AttributeValue>()
	if (resource === undefined) return resourceOf(attributes)
	const reader = readerOf(body)
	reader.pos = resource.start
	eachField(reader, resource.end, (number, wire) => {
		if (number !== 1) return false
		readAttribute(reader, enter(reader, wire, resource.end), attributes)
		return true
	})
	return resourceOf(attributes)
}
