import type { AttributeValue, PointView } from "../interpret/model.ts"
import { eachField, enter, type Reader, readAttribute, readNanos, seconds } from "./wire.ts"

const TEMPORALITY = ["unspecified", "delta", "cumulative"] as const

/** What all points of one metric share. */
type MetricView = Pick<PointView, "metric" | "scope" | "resource" | "service" | "kind" | "temporality" | "monotonic">

export const temporalityOf = (code: number): PointView["temporality"] => TEMPORALITY[code] ?? "unspecified"

export const EMPTY_POINT = {
	startTime: 0,
	time: 0,
	value: 0,
	counts: [] as readonly number[],
	bounds: [] as readonly number[],
	sum: 0,
	attributes: new Map<string, AttributeValue>() as ReadonlyMap<string, AttributeValue>,
}

/**
 * Metric {1: name, 5: gauge, 7: sum, 9: histogram}; Gauge {1: points}, Sum {1: points, 2: temporality, 3: monotonic},
 * Histogram {1: points, 2: temporality}. Exponential histograms and summaries have no use here and give no points.
 */
export function readPoints(
	reader: Reader,
	end: number,
	resource: { readonly key: string; readonly service: string },
	scope: string,
): PointView[] {
	let metric = ""
	let kind: PointView["kind"] = "gauge"
	let temporality = 0
	let monotonic = false
	const points: (typeof EMPTY_POINT)[] = []
	eachField(reader, end, (number, wire) => {
		if (number === 1) {
			metric = reader.string()
			return true
		}
		if (number !== 5 && number !== 7 && number !== 9) return false
		kind = number === 5 ? "gauge" : number === 7 ? "sum" : "histogram"
		const dataEnd = enter(reader, wire, end)
		eachField(reader, dataEnd, (inner, innerWire) => {
			if (inner === 1) {
				const pointEnd = enter(reader, innerWire, dataEnd)
				points.push(kind === "histogram" ? readHistogramPoint(reader, pointEnd) : readNumberPoint(reader, pointEnd))
			} else if (inner === 2) temporality = reader.int32()
			else if (inner === 3) monotonic = reader.bool()
			else return false
			return true
		})
		return true
	})
	const shared: MetricView = {
		metric,
		scope,
		resource: resource.key,
		service: resource.service,
		kind,
		temporality: temporalityOf(temporality),
		monotonic,
	}
	return points.map((point) => ({ ...shared, ...point }))
}

/** NumberDataPoint {2: start, 3: time, 4: as_double, 6: as_int (sfixed64), 7: attributes}. */
function readNumberPoint(reader: Reader, end: number): typeof EMPTY_POINT {
	const attributes = new Map<string, AttributeValue>()
	const point = { ...EMPTY_POINT, attributes }
	eachField(reader, end, (number, wire) => {
		if (number === 2) point.startTime = seconds(readNanos(reader))
		else if (number === 3) point.time = seconds(readNanos(reader))
		else if (number === 4) point.value = reader.double()
		else if (number === 6) point.value = Number(reader.sfixed64())
		else if (number === 7) readAttribute(reader, enter(reader, wire, end), attributes)
		else return false
		return true
	})
	return point
}

/** HistogramDataPoint {2: start, 3: time, 5: sum, 6: bucket_counts, 7: explicit_bounds, 9: attributes}. */
function readHistogramPoint(reader: Reader, end: number): typeof EMPTY_POINT {
	const attributes = new Map<string, AttributeValue>()
	const counts: number[] = []
	const bounds: number[] = []
	const point = { ...EMPTY_POINT, attributes, counts, bounds }
	eachField(reader, end, (number, wire) => {
		if (number === 2) point.startTime = seconds(readNanos(reader))
		else if (number === 3) point.time = seconds(readNanos(reader))
		else if (number === 5) point.sum = reader.double()
		else if (number === 6) readRepeated(reader, wire, end, counts, () => Number(reader.fixed64()))
		else if (number === 7) readRepeated(reader, wire, end, bounds, () => reader.double())
		else if (number === 9) readAttribute(reader, enter(reader, wire, end), attributes)
		else return false
		return true
	})
	return point
}

/** A repeated number, packed into one field or one field each. */
function readRepeated(reader: Reader, wire: number, limit: number, into: number[], read: () => number): void {
	if (wire !== 2) {
		into.push(read())
		return
	}
	const end = enter(reader, wire, limit)
	while (reader.pos < end) into.push(read())
}
