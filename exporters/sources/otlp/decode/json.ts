import { SPAN_ATTRIBUTES } from "../../../instrumentation/understood.ts"
import { eventName, LOG_ATTRIBUTES } from "../interpret/logs.ts"
import type { AttributeValue, LogView, PointView, SpanView } from "../interpret/model.ts"
import { type EMPTY_POINT, temporalityOf } from "./points.ts"
import { MalformedBody, type Open, type Parcel } from "./units.ts"

/*
 * OTLP's JSON encoding (opentelemetry-proto, "JSON Protobuf Encoding"): lowerCamelCase names, integers of 64 bits as
 * text or as numbers, enums as numbers, unknown names ignored.
 */

type Json = Readonly<Record<string, unknown>>

interface Context {
	readonly resource: Json
	readonly scope: string
}

export const openJson: Open = {
	traces: (body) => parcel(body, ["resourceSpans", "scopeSpans", "spans"], (span) => [readSpan(span)]),
	logs: (body) =>
		parcel(body, ["resourceLogs", "scopeLogs", "logRecords"], (log, context) => [readLog(log, context.scope)]),
	metrics: (body) => parcel(body, ["resourceMetrics", "scopeMetrics", "metrics"], readMetric, countPoints),
}

function parcel<View>(
	body: Buffer,
	[resources, scopes, records]: readonly [string, string, string],
	read: (unit: Json, context: Context) => readonly View[],
	countRecords: (unit: unknown) => number = () => 1,
): Parcel<View> {
	const units: { readonly unit: unknown; readonly context: Context }[] = []
	for (const entry of listIn(parse(body), resources)) {
		const resource = isObject(entry.resource) ? entry.resource : {}
		for (const scoped of listIn(entry, scopes)) {
			const scope = isObject(scoped.scope) ? text(scoped.scope.name) : ""
			const context = { resource, scope }
			for (const unit of itemsIn(scoped, records)) units.push({ unit, context })
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

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

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

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** A number of 64 bits, as text or number; 0 for what is absent. @throws TypeError for anything else */
function number(value: unknown): number {
	const result = value === undefined || value === null ? 0 : typeof value === "boolean" ? Number.NaN : Number(value)
	if (Number.isNaN(result)) throw new TypeError(`a number was expected, not ${JSON.stringify(value)}`)
	return result
}

/** A double, which may be no number or infinite: its record is refused, and the others of its unit count. */
const double = (value: unknown): number => (value === "NaN" ? Number.NaN : number(value))

const nanos = (value: unknown): bigint =>
	typeof value === "string" ? BigInt(value) : BigInt(Math.round(number(value)))
const seconds = (value: unknown): number => Number(nanos(value)) / 1e9

function readAttributes(list: unknown, wanted?: ReadonlySet<string>): Map<string, AttributeValue> {
	const attributes = new Map<string, AttributeValue>()
	if (!Array.isArray(list)) return attributes
	for (const entry of list) {
		if (!isObject(entry) || typeof entry.key !== "string") continue
		if (wanted && !wanted.has(entry.key)) continue
		const value = anyValue(entry.value)
		if (value !== undefined) attributes.set(entry.key, value)
	}
	return attributes
}

function anyValue(value: unknown): AttributeValue | undefined {
	if (!isObject(value)) return undefined
	if (typeof value.stringValue === "string") return value.stringValue
	if (typeof value.boolValue === "boolean") return value.boolValue
	const numeric = value.intValue ?? value.doubleValue
	return numeric === undefined ? undefined : double(numeric)
}

function readSpan(span: Json): SpanView {
	const elapsed = Number(nanos(span.endTimeUnixNano) - nanos(span.startTimeUnixNano)) / 1e9
	return {
		name: text(span.name),
		kind: number(span.kind),
		seconds: Math.max(0, elapsed),
		failed: isObject(span.status) && number(span.status.code) === 2,
		attributes: readAttributes(span.attributes, SPAN_ATTRIBUTES),
	}
}

function readLog(log: Json, scope: string): LogView {
	const attributes = readAttributes(log.attributes, LOG_ATTRIBUTES)
	return { name: eventName(text(log.eventName), text(anyValue(log.body)), scope, attributes), attributes }
}

const KINDS = ["gauge", "sum", "histogram"] as const
const OTHER_KINDS = ["exponentialHistogram", "summary"]

function countPoints(metric: unknown): number {
	if (!isObject(metric)) return 1
	let points = 0
	for (const kind of [...KINDS, ...OTHER_KINDS]) {
		const data = metric[kind]
		if (isObject(data) && Array.isArray(data.dataPoints)) points += data.dataPoints.length
	}
	return points
}

function readMetric(metric: Json, { resource, scope }: Context): PointView[] {
	const attributes = readAttributes(resource.attributes)
	const key = JSON.stringify([...attributes].sort(([a], [b]) => (a < b ? -1 : 1)))
	return KINDS.flatMap((kind) => {
		const data = metric[kind]
		if (!isObject(data)) return []
		const shared = {
			metric: text(metric.name),
			scope,
			resource: key,
			service: String(attributes.get("service.name") ?? ""),
			kind,
			temporality: temporalityOf(number(data.aggregationTemporality)),
			monotonic: data.isMonotonic === true,
		}
		return listIn(data, "dataPoints").map((point) => ({ ...shared, ...readPoint(point) }))
	})
}

function readPoint(point: Json): typeof EMPTY_POINT {
	const doubles = (key: string) => itemsIn(point, key).map(double)
	return {
		startTime: seconds(point.startTimeUnixNano),
		time: seconds(point.timeUnixNano),
		value: double(point.asDouble ?? point.asInt),
		counts: doubles("bucketCounts"),
		bounds: doubles("explicitBounds"),
		sum: double(point.sum),
		attributes: readAttributes(point.attributes),
	}
}
