import { SPAN_ATTRIBUTES } from "../../../instrumentation/understood.ts"
import { eventName, LOG_ATTRIBUTES } from "../interpret/logs.ts"
import type { AttributeValue, LogView, SpanView } from "../interpret/model.ts"
import { readPoints } from "./points.ts"
import { MalformedBody, type Open, type Parcel } from "./units.ts"
import {
	eachField,
	enter,
	passOver,
	type Range,
	type Reader,
	readAnyValue,
	readAttribute,
	readerOf,
	readNanos,
	secondsBetween,
} from "./wire.ts"

/** What a unit stands under. */
interface Context {
	readonly resource: Range | undefined
	readonly scope: string
}

interface Unit extends Range {
	readonly context: Context
	readonly records: number
}

export const openProtobuf: Open = {
	traces: (body, keep) => parcel(body, keep, undefined, (reader, { end }) => [readSpan(reader, end)]),
	logs: (body, keep) =>
		parcel(body, keep, undefined, (reader, { end, context }) => [readLog(reader, end, context.scope)]),
	metrics: (body, keep) =>
		parcel(body, keep, countPoints, (reader, { end, context }) =>
			readPoints(reader, end, resourceOf(body, context), context.scope),
		),
}

function parcel<View>(
	body: Buffer,
	keep: number,
	countRecords: ((reader: Reader, end: number) => number) | undefined,
	read: (reader: Reader, unit: Unit) => readonly View[],
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
				reader.pos = range.start
				units.push({ ...range, context, records: countRecords ? countRecords(reader, range.end) : 1 })
			})
			return true
		})
	} catch (cause) {
		throw new MalformedBody("the body is not a protobuf export request", { cause })
	}
	return {
		units: total,
		records: (i) => units[i]?.records ?? 1,
		read(i) {
			const unit = units[i]
			if (unit === undefined) return []
			const reader = readerOf(body)
			reader.pos = unit.start
			return read(reader, unit)
		},
	}
}

function lookThrough(reader: Reader, end: number, found: (unit: Range, context: Context) => void): void {
	let resource: Range | undefined
	const scopes: Range[] = []
	eachField(reader, end, (number, wire) => {
		if (number === 1) resource = passOver(reader, wire, end)
		else if (number === 2) scopes.push(passOver(reader, wire, end))
		else return false
		return true
	})
	for (const range of scopes) {
		let scope = ""
		reader.pos = range.start
		const ranges: Range[] = []
		eachField(reader, range.end, (number, wire) => {
			if (number === 1) scope = readScopeName(reader, enter(reader, wire, range.end))
			else if (number === 2) ranges.push(passOver(reader, wire, range.end))
			else return false
			return true
		})
		const context = { resource, scope }
		for (const unit of ranges) found(unit, context)
	}
	reader.pos = end
}

/** InstrumentationScope {1: name}. */
function readScopeName(reader: Reader, end: number): string {
	let name = ""
	eachField(reader, end, (number) => {
		if (number !== 1) return false
		name = reader.string()
		return true
	})
	return name
}

/** Span {5: name, 6: kind, 7: start, 8: end, 9: attributes, 15: status {3: code}}; code 2 is ERROR. */
function readSpan(reader: Reader, end: number): SpanView {
	const attributes = new Map<string, AttributeValue>()
	let name = ""
	let kind = 0
	let failed = false
	let from = { high: 0, low: 0 }
	let to = from
	eachField(reader, end, (number, wire) => {
		if (number === 5) name = reader.string()
		else if (number === 6) kind = reader.int32()
		else if (number === 7) from = readNanos(reader)
		else if (number === 8) to = readNanos(reader)
		else if (number === 9) readAttribute(reader, enter(reader, wire, end), attributes, SPAN_ATTRIBUTES)
		else if (number === 15) failed = readStatus(reader, enter(reader, wire, end)) === 2
		else return false
		return true
	})
	return { name, kind, seconds: Math.max(0, secondsBetween(from, to)), failed, attributes }
}

function readStatus(reader: Reader, end: number): number {
	let code = 0
	eachField(reader, end, (number) => {
		if (number !== 3) return false
		code = reader.int32()
		return true
	})
	return code
}

/** LogRecord {5: body, 6: attributes, 12: event_name}. */
function readLog(reader: Reader, end: number, scope: string): LogView {
	const attributes = new Map<string, AttributeValue>()
	let body = ""
	let field = ""
	eachField(reader, end, (number, wire) => {
		if (number === 5) {
			const value = readAnyValue(reader, enter(reader, wire, end))
			if (typeof value === "string") body = value
		} else if (number === 6) readAttribute(reader, enter(reader, wire, end), attributes, LOG_ATTRIBUTES)
		else if (number === 12) field = reader.string()
		else return false
		return true
	})
	return { name: eventName(field, body, scope, attributes), attributes }
}

/** Metric {5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11 summary}, each {1: points}. */
function countPoints(reader: Reader, end: number): number {
	let points = 0
	eachField(reader, end, (number, wire) => {
		if (number !== 5 && number !== 7 && (number < 9 || number > 11)) return false
		const dataEnd = enter(reader, wire, end)
		eachField(reader, dataEnd, (inner) => {
			if (inner === 1) points++
			return false
		})
		return true
	})
	return points
}

function resourceOf(body: Buffer, { resource }: Context): { key: string; service: string } {
	if (resource === undefined) return { key: "", service: "" }
	const attributes = new Map<string, AttributeValue>()
	const reader = readerOf(body)
	reader.pos = resource.start
	eachField(reader, resource.end, (number, wire) => {
		if (number !== 1) return false
		readAttribute(reader, enter(reader, wire, resource.end), attributes)
		return true
	})
	const key = JSON.stringify([...attributes].sort(([a], [b]) => (a < b ? -1 : 1)))
	return { key, service: String(attributes.get("service.name") ?? "") }
}
