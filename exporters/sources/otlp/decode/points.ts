import type { AttributeValue, ExponentialBuckets, POINT_KINDS, PointView, Sender } from "../interpret/model.ts"
import type { Resource } from "./resource.ts"
import { MalformedRecord } from "./units.ts"
import {
	eachField,
	enter,
	FIXED64,
	isMessage,
	type Reader,
	readAttribute,
	readBool,
	readDouble,
	readFixed64,
	readInt32,
	readNanos,
	readSfixed64,
	readSint32,
	readString,
	seconds,
	VARINT,
} from "./wire.ts"

type Kind = (typeof POINT_KINDS)[number]

const TEMPORALITY = ["unspecified", "delta", "cumulative"] as const

export const temporalityOf = (code: number): PointView["temporality"] => TEMPORALITY[code] ?? "unspecified"

/** What a point says by itself. */
export type Point = Omit<
	PointView,
	"metric" | "scope" | "resource" | "kind" | "temporality" | "monotonic" | keyof Sender
>

export const EMPTY_POINT: Point = {
	startTime: 0,
	time: 0,
	value: undefined,
	count: 0,
	counts: [],
	bounds: [],
	sum: 0,
	unrecorded: false,
	attributes: new Map<string, AttributeValue>(),
}

type Filling = { -readonly [K in keyof Point]: Point[K] }

/** The bit of DataPointFlags that says that no value was recorded. */
export const NO_RECORDED_VALUE = 1

/** Fields of Metric that hold points, and what kind. */
const DATA: ReadonlyMap<number, Kind> = new Map([
	[5, "gauge"],
	[7, "sum"],
	[9, "histogram"],
	[10, "exponentialHistogram"],
	[11, "summary"],
])

const NO_MESSAGE = new RangeError("a message was expected")

/** How many points a metric holds; what cannot be looked through is one. */
export function countPoints(reader: Reader, end: number): number {
	let points = 0
	try {
		eachField(reader, end, (number, wire) => {
			if (!DATA.has(number)) return false
			if (!isMessage(wire)) {
				points++
				return false
			}
			const dataEnd = enter(reader, wire, end)
			eachField(reader, dataEnd, (inner) => {
				if (inner === 1) points++
				return false
			})
			return true
		})
		return points
	} catch {
		return Math.max(1, points)
	}
}

/**
 * Metric {1: name, 5: gauge, 7: sum, 9: histogram, 10: exponential histogram, 11: summary}, each of which is
 * {1: points, 2: temporality, 3: monotonic}. A point that is malformed is so alone.
 */
export function readPoints(
	reader: Reader,
	end: number,
	{ key, service, instance }: Resource,
	scope: string,
): (PointView | MalformedRecord)[] {
	let metric = ""
	const groups: { kind: Kind; temporality: number; monotonic: boolean; points: (Point | Error)[] }[] = []
	eachField(reader, end, (number, wire) => {
		if (number === 1) {
			metric = readString(reader, wire)
			return true
		}
		const kind = DATA.get(number)
		if (kind === undefined) return false
		const group = { kind, temporality: 0, monotonic: false, points: [] as (Point | Error)[] }
		groups.push(group)
		if (!isMessage(wire)) {
			group.points.push(NO_MESSAGE)
			return false
		}
		const dataEnd = enter(reader, wire, end)
		eachField(reader, dataEnd, (inner, innerWire) => {
			if (inner === 1 && !isMessage(innerWire)) {
				group.points.push(NO_MESSAGE)
				return false
			}
			if (inner === 1) group.points.push(readAlone(reader, enter(reader, innerWire, dataEnd), READ[kind]))
			else if (inner === 2 && kind !== "gauge" && kind !== "summary") group.temporality = readInt32(reader, innerWire)
			else if (inner === 3 && kind === "sum") group.monotonic = readBool(reader, innerWire)
			else return false
			return true
		})
		return true
	})
	return groups.flatMap(({ kind, temporality, monotonic, points }) =>
		points.map((point) =>
			point instanceof Error
				? new MalformedRecord(metric, point)
				: {
						metric,
						scope,
						resource: key,
						service,
						instance,
						kind,
						temporality: temporalityOf(temporality),
						monotonic,
						...point,
					},
		),
	)
}

/** Wherever reading ends, the next point begins where this one was said to end. */
function readAlone(reader: Reader, end: number, read: (reader: Reader, end: number) => Point): Point | Error {
	try {
		return read(reader, end)
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error))
	} finally {
		reader.pos = end
	}
}

const READ: Readonly<Record<Kind, (reader: Reader, end: number) => Point>> = {
	gauge: readNumberPoint,
	sum: readNumberPoint,
	histogram: readHistogramPoint,
	exponentialHistogram: readExponentialPoint,
	// Nothing can be made of one.
	summary: () => EMPTY_POINT,
}

/** NumberDataPoint {2: start, 3: time, 4: as_double, 6: as_int (sfixed64), 7: attributes, 8: flags}. */
function readNumberPoint(reader: Reader, end: number): Point {
	const attributes = new Map<string, AttributeValue>()
	const point: Filling = { ...EMPTY_POINT, attributes }
	eachField(reader, end, (number, wire) => {
		if (number === 2) point.startTime = seconds(readNanos(reader, wire))
		else if (number === 3) point.time = seconds(readNanos(reader, wire))
		else if (number === 4) point.value = readDouble(reader, wire)
		else if (number === 6) point.value = readSfixed64(reader, wire)
		else if (number === 7) readAttribute(reader, enter(reader, wire, end), attributes)
		else if (number === 8) point.unrecorded = hasNoValue(readInt32(reader, wire))
		else return false
		return true
	})
	return point
}

/** HistogramDataPoint {2: start, 3: time, 4: count, 5: sum, 6: bucket_counts, 7: explicit_bounds, 9: attributes, 10: flags}. */
function readHistogramPoint(reader: Reader, end: number): Point {
	const attributes = new Map<string, AttributeValue>()
	const counts: number[] = []
	const bounds: number[] = []
	const point: Filling = { ...EMPTY_POINT, attributes, counts, bounds }
	eachField(reader, end, (number, wire) => {
		if (number === 2) point.startTime = seconds(readNanos(reader, wire))
		else if (number === 3) point.time = seconds(readNanos(reader, wire))
		else if (number === 4) point.count = readFixed64(reader, wire)
		else if (number === 5) point.sum = readDouble(reader, wire)
		else if (number === 6) readRepeated(reader, wire, end, FIXED64, counts, () => readFixed64(reader, FIXED64))
		else if (number === 7) readRepeated(reader, wire, end, FIXED64, bounds, () => readDouble(reader, FIXED64))
		else if (number === 9) readAttribute(reader, enter(reader, wire, end), attributes)
		else if (number === 10) point.unrecorded = hasNoValue(readInt32(reader, wire))
		else return false
		return true
	})
	return point
}

/**
 * ExponentialHistogramDataPoint {1: attributes, 2: start, 3: time, 4: count, 5: sum, 6: scale, 7: zero_count,
 * 8: positive, 9: negative, 10: flags}.
 */
function readExponentialPoint(reader: Reader, end: number): Point {
	const attributes = new Map<string, AttributeValue>()
	const point: Filling = { ...EMPTY_POINT, attributes }
	let [scale, zeroCount, negative] = [0, 0, 0]
	let positive: Pick<ExponentialBuckets, "offset" | "counts"> = { offset: 0, counts: [] }
	eachField(reader, end, (number, wire) => {
		if (number === 1) readAttribute(reader, enter(reader, wire, end), attributes)
		else if (number === 2) point.startTime = seconds(readNanos(reader, wire))
		else if (number === 3) point.time = seconds(readNanos(reader, wire))
		else if (number === 4) point.count = readFixed64(reader, wire)
		else if (number === 5) point.sum = readDouble(reader, wire)
		else if (number === 6) scale = readSint32(reader, wire)
		else if (number === 7) zeroCount = readFixed64(reader, wire)
		else if (number === 8) positive = readExponentialBuckets(reader, enter(reader, wire, end))
		else if (number === 9)
			negative = readExponentialBuckets(reader, enter(reader, wire, end)).counts.reduce((sum, n) => sum + n, 0)
		else if (number === 10) point.unrecorded = hasNoValue(readInt32(reader, wire))
		else return false
		return true
	})
	return { ...point, exponential: { scale, zeroCount, negative, ...positive } }
}

/** Buckets {1: offset (sint32), 2: bucket_counts (uint64)}. */
function readExponentialBuckets(reader: Reader, end: number): Pick<ExponentialBuckets, "offset" | "counts"> {
	let offset = 0
	const counts: number[] = []
	eachField(reader, end, (number, wire) => {
		if (number === 1) offset = readSint32(reader, wire)
		else if (number === 2) readRepeated(reader, wire, end, VARINT, counts, () => Number(reader.uint64()))
		else return false
		return true
	})
	return { offset, counts }
}

const hasNoValue = (flags: number): boolean => (flags & NO_RECORDED_VALUE) !== 0

/** A repeated number, packed into one field or one field each. */
function readRepeated(
	reader: Reader,
	wire: number,
	limit: number,
	single: number,
	into: number[],
	read: () => number,
): void {
	if (wire === single) {
		into.push(read())
		return
	}
	const end = enter(reader, wire, limit)
	while (reader.pos < end) into.push(read())
	if (reader.pos !== end) throw new RangeError("a packed number runs over the end of its field")
}
