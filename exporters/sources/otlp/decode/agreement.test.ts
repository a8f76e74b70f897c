import { readFileSync } from "node:fs"
import path from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type OtlpSignal, toProtobuf } from "../../../../test/support/otlp-wire.ts"
import { openJson } from "./json.ts"
import { openProtobuf } from "./protobuf.ts"
import { MalformedBody, MalformedRecord, type Open, type Parcel } from "./units.ts"

/** What a reader makes of a body, record by record. */
function readAll(open: Open[OtlpSignal], body: Buffer): unknown {
	let parcel: Parcel<unknown>
	try {
		parcel = open(body, 1_000)
	} catch (error) {
		expect(error).toBeInstanceOf(MalformedBody)
		return "a malformed body"
	}
	return Array.from({ length: parcel.units }, (_, unit) => {
		const records = parcel.records(unit)
		try {
			const views = parcel.read(unit)
			expect(views).toHaveLength(records)
			return views.map((view) => (view instanceof MalformedRecord ? `malformed ${view.record}` : view))
		} catch {
			return Array(records).fill("malformed")
		}
	})
}
const inJson = (signal: OtlpSignal, document: unknown) =>
	readAll(openJson[signal], Buffer.from(JSON.stringify(document)))
const inProtobuf = (signal: OtlpSignal, document: unknown) =>
	readAll(openProtobuf[signal], toProtobuf(signal, document))

const NUMBERS = [
	0,
	1,
	-1,
	1.5,
	1e308,
	2 ** 53,
	2 ** 63,
	-(2 ** 63),
	2 ** 64,
	"NaN",
	"Infinity",
	"-Infinity",
	"12",
	"1e3",
	"0x10",
]
const LARGE = ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "9".repeat(400), " 5", ""]
const OTHERS = [
	null,
	true,
	false,
	{},
	[],
	[1],
	[null],
	"text",
	{ stringValue: "x" },
	{ intValue: "3" },
	{ doubleValue: "NaN" },
]
const leaf = fc.constantFrom<unknown>(...NUMBERS, ...LARGE, ...OTHERS)

const attributes = fc.array(
	fc.record({
		key: fc.constantFrom<unknown>("model", "success", "mcp.server", "duration_ms", "event.name", "other", 7),
		value: fc.oneof(
			leaf,
			fc.dictionary(fc.constantFrom("stringValue", "boolValue", "intValue", "doubleValue", "arrayValue"), leaf, {
				maxKeys: 2,
			}),
		),
	}),
	{ maxLength: 3 },
)
const named = { name: fc.constantFrom<unknown>("mcp.a.b", "claude_code.token.usage", 5, null) }
const times = { startTimeUnixNano: leaf, timeUnixNano: leaf, endTimeUnixNano: leaf }
const partial = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] })
const orLeaf = (of: fc.Arbitrary<unknown>) => fc.oneof({ weight: 6, arbitrary: of }, { weight: 1, arbitrary: leaf })
const listOf = (of: fc.Arbitrary<unknown>) => orLeaf(fc.array(orLeaf(of), { maxLength: 3 }))

const span = partial({
	...named,
	...times,
	kind: leaf,
	status: orLeaf(partial({ code: leaf })),
	attributes: orLeaf(attributes),
})
const logRecord = partial({ eventName: leaf, body: leaf, attributes: orLeaf(attributes) })
const numbers = orLeaf(fc.array(leaf, { maxLength: 3 }))
const point = partial({
	...times,
	asDouble: leaf,
	asInt: leaf,
	count: leaf,
	sum: leaf,
	flags: leaf,
	scale: leaf,
	zeroCount: leaf,
	bucketCounts: numbers,
	explicitBounds: numbers,
	positive: orLeaf(partial({ offset: leaf, bucketCounts: numbers })),
	negative: orLeaf(partial({ offset: leaf, bucketCounts: numbers })),
	attributes: orLeaf(attributes),
})
const data = orLeaf(partial({ dataPoints: listOf(point), aggregationTemporality: leaf, isMonotonic: leaf }))
const metric = partial({ ...named, gauge: data, sum: data, histogram: data, exponentialHistogram: data, summary: data })

const request = (outer: string, inner: string, records: string, record: fc.Arbitrary<unknown>) =>
	fc.record({
		[outer]: listOf(
			partial({
				resource: orLeaf(partial({ attributes: orLeaf(attributes) })),
				[inner]: listOf(partial({ scope: orLeaf(partial({ name: leaf })), [records]: listOf(record) })),
			}),
		),
	})
const CASES: Readonly<Record<OtlpSignal, fc.Arbitrary<unknown>>> = {
	traces: request("resourceSpans", "scopeSpans", "spans", span),
	logs: request("resourceLogs", "scopeLogs", "logRecords", logRecord),
	metrics: request("resourceMetrics", "scopeMetrics", "metrics", metric),
}

describe("JSON and protobuf", () => {
	it.each(["traces", "metrics", "logs"] as const)("agree on what Claude Code sends as %s", (signal) => {
		for (const version of ["", "2.1.332"]) {
			const file = path.join(import.meta.dirname, "../../../../test/fixtures/claude-code", version, `${signal}.json`)
			const document = JSON.parse(readFileSync(file, "utf8"))
			const read = inJson(signal, document)
			expect(JSON.stringify(read)).not.toContain("malformed")
			expect(inProtobuf(signal, document)).toEqual(read)
		}
	})

	it.each(["traces", "metrics", "logs"] as const)(
		"agree on %s with wrong values anywhere, record by record",
		(signal) => {
			fc.assert(
				fc.property(CASES[signal], (document) => {
					expect(inProtobuf(signal, document)).toEqual(inJson(signal, document))
				}),
				{ numRuns: 3_000 },
			)
		},
	)

	it.each([
		["a point that is no object", 5],
		["a time that is no number", { timeUnixNano: "yesterday" }],
		["a fraction of a count", { bucketCounts: [1.5], explicitBounds: [] }],
		["an attribute without a key that is text", { attributes: [{ key: 5, value: {} }] }],
		["an attribute whose value is not of its type", { attributes: [{ key: "a", value: { stringValue: 5 } }] }],
	])("let %s alone be malformed, not its metric", (_, odd) => {
		const histogram = { aggregationTemporality: 1, dataPoints: [{ count: "1" }, odd, { count: "2" }] }
		const document = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", histogram }] }] }] }
		for (const read of [inJson, inProtobuf])
			expect(read("metrics", document)).toMatchObject([[{ count: 1 }, "malformed m", { count: 2 }]])
	})
})

/** Every record as the store reads it. */
const recordsIn = (open: Open[OtlpSignal], body: Buffer) => {
	const parcel = open(body, 1_000)
	return Array.from({ length: parcel.units }, (_, unit) => parcel.record(unit))
}

describe("JSON and protobuf, read whole for the store,", () => {
	it.each(["traces", "metrics", "logs"] as const)("agree on what Claude Code sends as %s", (signal) => {
		for (const version of ["", "2.1.332"]) {
			const file = path.join(import.meta.dirname, "../../../../test/fixtures/claude-code", version, `${signal}.json`)
			const document = JSON.parse(readFileSync(file, "utf8"))
			const read = recordsIn(openJson[signal], Buffer.from(JSON.stringify(document)))
			expect(read.length).toBeGreaterThan(0)
			expect(recordsIn(openProtobuf[signal], toProtobuf(signal, document))).toEqual(read)
		}
	})

	it("agree on ids, times, values of every type and exceptions", () => {
		const value = {
			kvlistValue: {
				values: [{ key: "list", value: { arrayValue: { values: [{ intValue: "9007199254740993" }, {}] } } }],
			},
		}
		const attributes = [
			{ key: "deep", value },
			{ key: "low", value: { intValue: "-9223372036854775808" } },
			{ key: "half", value: { doubleValue: 0.5 } },
			{ key: "none", value: {} },
		]
		const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }
		const exception = {
			name: "exception",
			attributes: [{ key: "exception.message", value: { stringValue: "no such file" } }],
		}
		const span = {
			...ids,
			parentSpanId: "00f067aa0ba902b7",
			name: "s",
			kind: 3,
			startTimeUnixNano: "1795359185000000001",
		}
		const log = { ...ids, timeUnixNano: "1795359185000000002", severityNumber: 17, body: value, attributes }
		const whole = {
			deep: { list: ["9007199254740993", null] },
			low: "-9223372036854775808",
			half: 0.5,
			none: null,
		}
		const resource = { attributes: [{ key: "service.name", value: { stringValue: "agent" } }] }
		const documents = {
			traces: {
				resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...span, attributes, events: [exception] }] }] }],
			},
			logs: { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [log] }] }] },
		}
		for (const signal of ["traces", "logs"] as const) {
			const [read] = recordsIn(openJson[signal], Buffer.from(JSON.stringify(documents[signal])))
			expect(recordsIn(openProtobuf[signal], toProtobuf(signal, documents[signal]))).toEqual([read])
			expect(read).toMatchObject(ids)
			expect(Object.fromEntries(read?.attributes ?? [])).toEqual(whole)
			expect(read?.resource.get("service.name")).toBe("agent")
		}
		const [read] = recordsIn(openJson.traces, Buffer.from(JSON.stringify(documents.traces)))
		expect(read).toMatchObject({ start: 1795359185000000001n, end: 0n, message: "no such file" })
	})
})
