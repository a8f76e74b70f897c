import fc from "fast-check"
import protobuf from "protobufjs/minimal.js"
import { describe, expect, it } from "vitest"
import { openJson } from "./json.ts"
import { openProtobuf } from "./protobuf.ts"
import { MalformedBody, type MalformedRecord, type Parcel } from "./units.ts"

type Writer = protobuf.Writer
const message = (write: (writer: Writer) => void): Buffer => {
	const writer = protobuf.Writer.create()
	write(writer)
	return Buffer.from(writer.finish())
}
const nested = (field: number, ...parts: Buffer[]) =>
	message((writer) => writer.uint32((field << 3) | 2).bytes(Buffer.concat(parts)))
const text = (field: number, value: string) => message((writer) => writer.uint32((field << 3) | 2).string(value))
const fixed64 = (field: number, value: bigint) =>
	message((writer) => writer.uint32((field << 3) | 1).fixed64(value.toString() as never))
const varint = (field: number, value: number) => message((writer) => writer.uint32(field << 3).int32(value))
const double = (field: number, value: number) => message((writer) => writer.uint32((field << 3) | 1).double(value))
const attribute = (field: number, key: string, value: Buffer) => nested(field, text(1, key), nested(2, value))

const all = <View>(parcel: Parcel<View>): (View | MalformedRecord)[] =>
	Array.from({ length: parcel.units }, (_, unit) => parcel.read(unit)).flat()

/** The protobuf and the JSON form of one resource. */
const RESOURCE = nested(
	1,
	attribute(1, "service.name", text(1, "planner")),
	attribute(1, "service.instance.id", text(1, "7")),
)
const RESOURCE_JSON = {
	attributes: [
		{ key: "service.name", value: { stringValue: "planner" } },
		{ key: "service.instance.id", value: { stringValue: "7" } },
	],
}

const START = 1_795_359_185_123_456_789n

describe("the protobuf and the JSON form of one request", () => {
	it("give the same span", () => {
		const span = Buffer.concat([
			text(5, "mcp.a.b"),
			varint(6, 3),
			fixed64(7, START),
			fixed64(8, START + 1_500_000_001n),
			attribute(9, "rpc.system", text(1, "mcp")),
			attribute(9, "success", varint(2, 0)),
			attribute(9, "mcp.duration_ms", varint(3, 1500)),
			attribute(9, "mcp.request", text(1, "not wanted")),
			nested(15, text(2, "why"), varint(3, 2)),
		])
		const binary = nested(1, RESOURCE, nested(2, nested(1, text(1, "scope")), nested(2, span)))
		const json = {
			resourceSpans: [
				{
					resource: RESOURCE_JSON,
					scopeSpans: [
						{
							spans: [
								{
									name: "mcp.a.b",
									kind: 3,
									startTimeUnixNano: String(START),
									endTimeUnixNano: String(START + 1_500_000_001n),
									attributes: [
										{ key: "rpc.system", value: { stringValue: "mcp" } },
										{ key: "success", value: { boolValue: false } },
										{ key: "mcp.duration_ms", value: { intValue: "1500" } },
										{ key: "mcp.request", value: { stringValue: "not wanted" } },
									],
									status: { code: 2, message: "why" },
									unknown: {},
								},
							],
						},
					],
				},
			],
		}
		const [fromBinary] = all(openProtobuf.traces(binary, 10))
		const [fromJson] = all(openJson.traces(Buffer.from(JSON.stringify(json)), 10))
		expect(fromBinary).toEqual({
			name: "mcp.a.b",
			service: "planner",
			instance: "7",
			kind: 3,
			seconds: 1.500000001,
			failed: true,
			attributes: new Map<string, unknown>([
				["rpc.system", "mcp"],
				["success", false],
				["mcp.duration_ms", 1500],
			]),
		})
		expect(fromJson).toEqual(fromBinary)
	})

	it("give the same points", () => {
		const resource = nested(1, attribute(1, "service.name", text(1, "app")))
		const sum = nested(
			7,
			nested(1, fixed64(2, START), fixed64(3, START), double(4, 2.5), attribute(7, "model", text(1, "m"))),
			nested(
				1,
				fixed64(2, START),
				fixed64(3, START),
				message((w) => w.uint32((6 << 3) | 1).sfixed64(-7)),
			),
			varint(2, 2),
			message((w) => w.uint32(3 << 3).bool(true)),
		)
		const packed = (field: number, write: (writer: Writer) => void) => nested(field, message(write))
		const histogram = nested(
			9,
			nested(
				1,
				fixed64(2, START),
				fixed64(3, START),
				double(5, 4.5),
				packed(6, (w) => w.fixed64(1).fixed64(2)),
				packed(7, (w) => w.double(0.5)),
				attribute(9, "mcp.method.name", text(1, "ping")),
			),
			varint(2, 1),
		)
		const metrics = [nested(2, text(1, "a"), sum), nested(2, text(1, "b"), histogram)]
		const binary = nested(1, resource, nested(2, nested(1, text(1, "scope")), ...metrics))
		const at = { startTimeUnixNano: String(START), timeUnixNano: String(START) }
		const key = (name: string, stringValue: string) => [{ key: name, value: { stringValue } }]
		const json = {
			resourceMetrics: [
				{
					resource: { attributes: key("service.name", "app") },
					scopeMetrics: [
						{
							scope: { name: "scope" },
							metrics: [
								{
									name: "a",
									sum: {
										aggregationTemporality: 2,
										isMonotonic: true,
										dataPoints: [
											{ ...at, asDouble: 2.5, attributes: key("model", "m") },
											{ ...at, asInt: "-7" },
										],
									},
								},
								{
									name: "b",
									histogram: {
										aggregationTemporality: 1,
										dataPoints: [
											{
												...at,
												sum: 4.5,
												bucketCounts: ["1", 2],
												explicitBounds: [0.5],
												attributes: key("mcp.method.name", "ping"),
											},
										],
									},
								},
							],
						},
					],
				},
			],
		}
		const opened = openProtobuf.metrics(binary, 10)
		expect([opened.units, opened.records(0), opened.records(1)]).toEqual([2, 2, 1])
		const points = all(opened)
		expect(points).toMatchObject([
			{ metric: "a", value: 2.5, temporality: "cumulative", monotonic: true, service: "app", scope: "scope" },
			{ metric: "a", value: -7 },
			{ metric: "b", kind: "histogram", counts: [1, 2], bounds: [0.5], sum: 4.5, temporality: "delta" },
		])
		expect(all(openJson.metrics(Buffer.from(JSON.stringify(json)), 10))).toEqual(points)
	})

	it("give the same log record", () => {
		const record = Buffer.concat([
			nested(5, text(1, "claude_code.tool_result")),
			attribute(6, "tool_name", text(1, "Bash")),
			attribute(6, "prompt", text(1, "not wanted")),
		])
		const binary = nested(1, RESOURCE, nested(2, nested(2, record)))
		const attributes = [{ key: "tool_name", value: { stringValue: "Bash" } }]
		const logRecord = { body: { stringValue: "claude_code.tool_result" }, attributes }
		const json = { resourceLogs: [{ resource: RESOURCE_JSON, scopeLogs: [{ logRecords: [logRecord] }] }] }
		const expected = [
			{
				name: "claude_code.tool_result",
				service: "planner",
				instance: "7",
				attributes: new Map([["tool_name", "Bash"]]),
			},
		]
		expect(all(openProtobuf.logs(binary, 10))).toEqual(expected)
		expect(all(openJson.logs(Buffer.from(JSON.stringify(json)), 10))).toEqual(expected)
	})
})

describe("looking through a body", () => {
	it("counts units beyond those that it keeps", () => {
		const spans = Array.from({ length: 5 }, () => nested(2, text(5, "x")))
		const parcel = openProtobuf.traces(nested(1, nested(2, ...spans)), 2)
		expect([parcel.units, parcel.read(1).length, parcel.read(4).length]).toEqual([5, 1, 0])
	})

	it("ends on any bytes with a parcel or MalformedBody, never with another error", () => {
		const valid = nested(1, nested(1), nested(2, nested(2, text(5, "mcp.a.b"), attribute(9, "success", varint(2, 1)))))
		const damaged = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map((edits) => {
			const bytes = Buffer.from(valid)
			for (const [at, value] of edits) bytes[at] = value
			return bytes
		})
		fc.assert(
			fc.property(
				fc.oneof(
					damaged,
					fc.uint8Array().map((bytes) => Buffer.from(bytes)),
				),
				(bytes) => {
					for (const open of [openProtobuf.traces, openProtobuf.metrics, openProtobuf.logs]) {
						let units = 0
						try {
							units = open(bytes, 100).units
						} catch (error) {
							expect(error).toBeInstanceOf(MalformedBody)
						}
						expect(units).toBeLessThanOrEqual(bytes.length)
					}
				},
			),
			{ numRuns: 1_000 },
		)
	})
})
