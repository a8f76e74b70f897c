import { SPAN_ATTRIBUTES } from "../../../instrumentation/understood.ts"
import { eventName, LOG_ATTRIBUTES } from "../interpret/logs.ts"
import { type LogView, POINT_KINDS, type PointView, type Sender, type SpanView } from "../interpret/model.ts"
import { readJsonLogRecord, readJsonSpanRecord } from "./json-records.ts"
import {
	anyValue,
	bool,
	double,
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
	seconds,
	text,
	UINT32,
	UINT64,
} from "./json-values.ts"
import { EMPTY_POINT, NO_RECORDED_VALUE, type Point, temporalityOf } from "./points.ts"
import type { TelemetryRecord } from "./records.ts"
import { once, type Resource, resourceOf, senderOf } from "./resource.ts"
import { MalformedBody, MalformedRecord, type Open, otherSignal, type Parcel } from "./units.ts"

/*
 * OTLP's JSON encoding (opentelemetry-proto, "JSON Protobuf Encoding"): lowerCamelCase names, integers of 64 bits as
 * text or as numbers, enums as numbers, unknown names ignored.
 */

interface Context {
	/** Read once, when the first record needs it. @throws TypeError when it is malformed */
	readonly resource: () => Resource
	readonly scope: string
}

export const openJson: Open = {
	traces: (body) =>
		parcel(
			body,
			["resourceSpans", "scopeSpans", "spans"],
			(span, { resource }) => [{ ...readSpan(span), ...senderOf(resource) }],
			{ readRecord: readJsonSpanRecord },
		),
	logs: (body) =>
		parcel(
			body,
			["resourceLogs", "scopeLogs", "logRecords"],
			(log, { resource, scope }) => [{ ...readLog(log, scope), ...senderOf(resource) }],
			{ readRecord: readJsonLogRecord },
		),
	metrics: (body) =>
		parcel(body, ["resourceMetrics", "scopeMetrics", "metrics"], readMetric, { countRecords: countPoints }),
}

interface UnitReaders {
	readonly countRecords?: (unit: unknown) => number
	readonly readRecord?: (unit: Json, context: Context) => TelemetryRecord
}

function parcel<View>(
	body: Buffer,
	[resources, scopes, records]: readonly [string, string, string],
	read: (unit: Json, context: Context) => readonly (View | MalformedRecord)[],
	{ countRecords = () => 1, readRecord }: UnitReaders,
): Parcel<View> {
	const units: { readonly unit: unknown; readonly context: Context }[] = []
	const document = parse(body)
	if (isAbsent(document[resources])) refuseOtherSignal(document)
	for (const entry of listIn(document, resources)) {
		const found = framed("resource", () => object(entry.resource))
		const resource = once(() => resourceOf(readAttributes(found.attributes)))
		for (const scoped of listIn(entry, scopes)) {
			const scope = framed("scope", () => text(object(scoped.scope).name))
			const context = { resource, scope }
			// What is no list is one malformed record: the others of the body are read all the same.
			const found = scoped[records] ?? []
			for (const unit of Array.isArray(found) ? found : [undefined]) units.push({ unit, context })
		}
	}
	return {
		units: units.length,
		records: (i) => countRecords(units[i]?.unit),
		read(i) {
			const found = units[i]
			if (found === undefined) return []
			if (!isObject(found.unit)) throw new TypeError("an object was expected")
			return read(found.unit, found.context)
		},
		record(i) {
			const found = units[i]
			return isObject(found?.unit) ? readRecord?.(found.unit, found.context) : undefined
		},
	}
}

const ROOTS = { resourceSpans: "traces", resourceMetrics: "metrics", resourceLogs: "logs" } as const

/** @throws MalformedBody when it is the body of a request to another path */
function refuseOtherSignal(document: Json): void {
	for (const [root, signal] of Object.entries(ROOTS)) if (!isAbsent(document[root])) throw otherSignal(signal)
}

/** What every record of a group depends on. @throws MalformedBody */
function framed<T>(what: string, read: () => T): T {
	try {
		return read()
	} catch (cause) {
		throw new MalformedBody(`a ${what} is not what it should be`, { cause })
	}
}

function parse(body: Buffer): Json {
	let document: unknown
	try {
		document = JSON.parse(body.toString("utf8"))
	} catch (cause) {
		throw new MalformedBody("the body is not JSON", { cause })
	}
	if (!isObject(document)) throw new MalformedBody("the body is JSON, but not an object")
	return document
}

/** A list that may be absent. */
function itemsIn(parent: Json, key: string): readonly unknown[] {
	const value = parent[key] ?? []
	if (!Array.isArray(value)) throw new MalformedBody(`${key} is not a list`)
	return value
}

function listIn(parent: Json, key: string): readonly Json[] {
	return itemsIn(parent, key).map((item) => {
		if (!isObject(item)) throw new MalformedBody(`${key} holds something that is not an object`)
		return item
	})
}

function readSpan(span: Json): Omit<SpanView, keyof Sender> {
	const [start, end] = [nanos(span.startTimeUnixNano), nanos(span.endTimeUnixNano)]
	const view = {
		name: text(span.name),
		kind: int32(span.kind),
		failed: int32(object(span.status).code) === 2,
		attributes: readAttributes(span.attributes, SPAN_ATTRIBUTES),
	}
	if (start === 0n || end === 0n) return { ...view, seconds: 0, untimed: true }
	return { ...view, seconds: Math.max(0, Number(end - start) / 1e9) }
}

function readLog(log: Json, scope: string): Omit<LogView, keyof Sender> {
	const attributes = readAttributes(log.attributes, LOG_ATTRIBUTES)
	const body = anyValue(object(log.body))
	return { name: eventName(text(log.eventName), typeof body === "string" ? body : "", scope, attributes), attributes }
}

/** How many points a metric holds; what cannot be looked through is one. */
function countPoints(metric: unknown): number {
	if (!isObject(metric)) return 1
	let points = 0
	for (const [, value] of dataOf(metric)) points += pointsOf(value).length
	return points
}

/** A metric's points by kind, in the order of the document. */
const dataOf = (metric: Json): [PointView["kind"], unknown][] =>
	Object.entries(metric).flatMap(([key, value]) => {
		const kind = POINT_KINDS.find((known) => known === key)
		return kind === undefined || isAbsent(value) ? [] : [[kind, value]]
	})

/** What is no data, or no list of points, is one point that is malformed. */
function pointsOf(value: unknown): readonly unknown[] {
	if (!isObject(value)) return [undefined]
	if (isAbsent(value.dataPoints)) return []
	return Array.isArray(value.dataPoints) ? value.dataPoints : [undefined]
}

function readMetric(metric: Json, { resource, scope }: Context): (PointView | MalformedRecord)[] {
	const { key, service, instance } = resource()
	const name = text(metric.name)
	return dataOf(metric).flatMap(([kind, value]) => {
		const data = isObject(value) ? value : {}
		const shared = {
			metric: name,
			scope,
			resource: key,
			service,
			instance,
			kind,
			temporality: temporalityOf(kind === "gauge" || kind === "summary" ? 0 : int32(data.aggregationTemporality)),
			monotonic: kind === "sum" && bool(data.isMonotonic),
		}
		return pointsOf(value).map((point) => {
			try {
				return { ...shared, ...readPoint(kind, point) }
			} catch (error) {
				return new MalformedRecord(name, error)
			}
		})
	})
}

/** @throws TypeError when it is not a point of its kind */
function readPoint(kind: PointView["kind"], point: unknown): Point {
	if (!isObject(point)) throw new TypeError(`a point was expected, not ${JSON.stringify(point)}`)
	// Nothing can be made of one.
	if (kind === "summary") return EMPTY_POINT
	const common = {
		...EMPTY_POINT,
		startTime: seconds(point.startTimeUnixNano),
		time: seconds(point.timeUnixNano),
		unrecorded: (Number(integer(point.flags, UINT32)) & NO_RECORDED_VALUE) !== 0,
		attributes: readAttributes(point.attributes),
	}
	if (kind === "gauge" || kind === "sum") {
		let value: number | undefined
		for (const [member, given] of Object.entries(point)) {
			if (isAbsent(given)) continue
			if (member === "asDouble") value = double(given)
			else if (member === "asInt") value = Number(integer(given, INT64))
		}
		return { ...common, value }
	}
	const distribution = { ...common, count: Number(integer(point.count, UINT64)), sum: double(point.sum) }
	if (kind === "histogram")
		return { ...distribution, counts: counts(point.bucketCounts), bounds: numbers(point.explicitBounds).map(double) }
	const [positive, negative] = [object(point.positive), object(point.negative)]
	const below = counts(negative.bucketCounts).reduce((sum, n) => sum + n, 0)
	int32(negative.offset)
	return {
		...distribution,
		exponential: {
			scale: int32(point.scale),
			zeroCount: Number(integer(point.zeroCount, UINT64)),
			negative: below,
			offset: int32(positive.offset),
			counts: counts(positive.bucketCounts),
		},
	}
}

/** A list of numbers, none of which is absent. */
function numbers(value: unknown): readonly unknown[] {
	const items = list(value)
	if (items.some(isAbsent)) throw new TypeError("a number was expected, not null")
	return items
}

const counts = (value: unknown): number[] => numbers(value).map((n) => Number(integer(n, UINT64)))
