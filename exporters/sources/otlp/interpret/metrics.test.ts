import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createReported } from "./gen-ai.ts"
import { interpretPoint as interpretAt } from "./metrics.ts"
import type { AttributeValue, PointView } from "./model.ts"
import type { Interpretation, Observation } from "./observation.ts"
import { Streams } from "./streams.ts"

const point = (more: Partial<PointView> = {}, attributes: Record<string, AttributeValue> = {}): PointView => ({
	metric: "claude_code.token.usage",
	scope: "com.anthropic.claude_code",
	resource: "",
	service: "claude-code",
	instance: "",
	kind: "sum",
	temporality: "delta",
	monotonic: true,
	startTime: 100,
	time: 110,
	value: 5,
	count: 0,
	counts: [],
	bounds: [],
	sum: 0,
	unrecorded: false,
	attributes: new Map(Object.entries(attributes)),
	...more,
})
const streams = (max = 10) => new Streams(max, 50)

let requests = 0
const interpretPoint = (seen: PointView, known: Streams, { now = seen.time, request = ++requests } = {}) =>
	interpretAt(seen, known, { request, now }, createReported())
/** What a point adds to its counter, or why it is refused. */
const added = (interpretation: Interpretation): number | string =>
	typeof interpretation === "string"
		? interpretation
		: interpretation
				.filter(({ series }) => series === interpretation[0]?.series)
				.reduce((sum, o: Observation) => sum + (o.kind === "count" ? o.by : 0), 0)

describe("interpretPoint", () => {
	it("writes token types and models as the catalogue does", () => {
		const seen = interpretPoint(point({}, { type: "cacheRead", model: "claude-opus-4-8[1m]" }), streams())
		expect(seen).toMatchObject([
			{ labels: { type: "cache_read", model: "claude-opus-4-8" } },
			{ labels: { type: "cache_read" } },
		])
	})

	it("says who asked the model: the main conversation, a subagent by name, or the program itself", () => {
		const asked = (attributes: Record<string, string>) =>
			["claude_code.token.usage", "claude_code.cost.usage"].map((metric) => {
				const seen = interpretPoint(point({ metric }, { type: "input", ...attributes }), streams())
				return typeof seen === "string" ? seen : seen[1]?.labels
			})
		const both = (labels: object) => [{ type: "input", ...labels }, labels]
		expect(asked({ query_source: "main" })).toEqual(both({ source: "main", agent: "main" }))
		expect(asked({ query_source: "subagent", "agent.name": "Explore" })).toEqual(
			both({ source: "subagent", agent: "Explore" }),
		)
		expect(asked({ query_source: "auxiliary" })).toEqual(both({ source: "auxiliary", agent: "auxiliary" }))
		expect(asked({})).toEqual(both({ source: "other", agent: "other" }))
	})

	it("adds every delta point, in whatever order they come", () => {
		const known = streams()
		expect(added(interpretPoint(point({ time: 120 }), known))).toBe(5)
		expect(added(interpretPoint(point({ time: 110 }), known))).toBe(5)
	})

	it("makes nothing of metrics that are not known, without remembering them", () => {
		const known = streams(1)
		const tokens = (value: number, time: number) =>
			interpretPoint(point({ temporality: "cumulative", value, time }), known)
		tokens(5, 110)
		interpretPoint(point({ metric: "http.server.requests", temporality: "cumulative" }), known)
		expect(added(tokens(7, 120))).toBe(2)
	})

	it.each<[string, Partial<PointView>]>([
		["no_temporality", { temporality: "unspecified" }],
		["not_monotonic", { monotonic: false }],
		["wrong_type", { kind: "gauge" }],
		["wrong_type", { kind: "summary" }],
		["wrong_type", { kind: "exponentialHistogram" }],
		["no_value", { value: undefined }],
		["not_a_number", { value: Number.NaN }],
		["infinite", { value: Number.POSITIVE_INFINITY }],
		["negative", { value: -1 }],
		["implausible", { value: 2 ** 63 }],
		["wrong_type", { metric: "mcp.client.operation.duration", kind: "sum" }],
		["malformed", { metric: "mcp.client.operation.duration", kind: "histogram", counts: [1, 2], bounds: [1, 2] }],
		["malformed", { metric: "mcp.client.operation.duration", kind: "histogram", counts: [1, 2, 3], bounds: [2, 1] }],
		[
			"infinite",
			{ metric: "mcp.client.operation.duration", kind: "histogram", count: 1, sum: Number.POSITIVE_INFINITY },
		],
		["wrong_type", { scope: "mcp-observatory.captured" }],
	])("refuses as %s what it wants and cannot use: %j", (reason, more) => {
		expect(interpretPoint(point(more), streams())).toBe(reason)
		expect(interpretPoint(point({ ...more, metric: "unknown", scope: "s" }), streams())).toEqual([])
	})

	it("counts nothing of a point that has no recorded value", () => {
		expect(interpretPoint(point({ unrecorded: true }), streams())).toEqual([])
	})

	it("counts a delta point that is sent again once, and equal ones of one request each", () => {
		const known = streams()
		const send = (request: number) => [0, 1].map(() => added(interpretPoint(point(), known, { request })))
		expect([send(1), send(2), send(3)]).toEqual([
			[5, 5],
			[0, 0],
			[0, 0],
		])
		expect(added(interpretPoint(point({ time: 111 }), known, { request: 3 }))).toBe(5)
		expect(added(interpretPoint(point({ value: 6 }), known, { request: 3 }))).toBe(6)
		const untimed = () => added(interpretPoint(point({ time: 0 }), known))
		expect([untimed(), untimed()]).toEqual([5, 5])
	})

	it("counts histograms without buckets, and exponential ones", () => {
		const metric = { metric: "mcp.client.operation.duration", sum: 3 } as const
		expect(interpretPoint(point({ ...metric, kind: "histogram", count: 3 }), streams())).toMatchObject([
			{ kind: "merge", counts: [...Array(14).fill(0), 3], sum: 3 },
			{ by: 0 },
		])
		const exponential = { scale: 0, zeroCount: 1, offset: -1, counts: [2, 4, 8], negative: 0 }
		const [durations] = interpretPoint(point({ ...metric, kind: "exponentialHistogram", exponential }), streams())
		// Up to 0, 1, 2 and 4 seconds; the bounds of ours are …, 0.5, 1, 2, 5, …
		expect(durations).toMatchObject({ counts: [1, 0, 0, 0, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0], sum: 3 })
	})

	it("merges durations of MCP operations and counts those with an error.type as failed", () => {
		const metric = {
			metric: "mcp.client.operation.duration",
			kind: "histogram",
			counts: [2, 1],
			bounds: [0.5],
			sum: 3,
		} as const
		const [durations, errors] = interpretPoint(
			point(metric, { "mcp.method.name": "tools/call", "error.type": "tool_error" }),
			streams(),
		)
		expect(durations).toMatchObject({ kind: "merge", labels: { method: "tools/call", source: "metric" }, sum: 3 })
		expect(errors).toMatchObject({ by: 3 })
	})
})

describe("cumulative streams", () => {
	const cumulative = (startTime: number, time: number, value: number, more: Partial<PointView> = {}) =>
		point({ temporality: "cumulative", startTime, time, value, ...more })
	/** What a sequence of points adds up to; those that are refused add nothing. */
	const total = (points: readonly PointView[], known = streams()) =>
		points.map((p) => added(interpretPoint(p, known))).reduce((sum: number, n) => sum + (Number(n) || 0), 0)

	it.each<[string, number, readonly (readonly [start: number, time: number, value: number])[]]>([
		[
			"are distinguished by their start",
			69,
			[
				[100, 110, 10],
				[105, 110, 5],
				[100, 120, 30],
				[105, 120, 9],
				[100, 130, 60],
			],
		],
		[
			"do not begin again because a total goes down",
			25,
			[
				[100, 110, 10],
				[100, 120, 22],
				[100, 130, 3],
				[100, 140, 25],
			],
		],
		[
			"begin again with another start",
			31,
			[
				[100, 110, 10],
				[100, 120, 22],
				[130, 131, 4],
				[130, 140, 9],
			],
		],
		[
			"count a point that is sent again once",
			10,
			[
				[100, 110, 10],
				[100, 110, 10],
				[100, 110, 10],
			],
		],
		[
			"hear on after a point of a wrong clock",
			12,
			[
				[100, 110, 5],
				[100, 86_510, 5],
				[100, 120, 9],
				[100, 130, 12],
			],
		],
	])("%s", (_, expected, points) => {
		expect(total(points.map((p) => cumulative(...p)))).toBe(expected)
	})

	it("refuse a total below one that was seen", () => {
		const known = streams()
		const send = (value: number, time: number) => added(interpretPoint(cumulative(100, time, value), known))
		expect([send(22, 110), send(3, 120), send(22, 130), send(25, 140)]).toEqual([22, "stale", 0, 3])
	})

	it("do not count what was there before we were, unless the sender's clock is behind", () => {
		const known = streams()
		expect(total([cumulative(10, 110, 1_000), cumulative(10, 120, 1_003)], known)).toBe(3)
		const behind = cumulative(1_010, 1_020, 7, { resource: "behind" })
		const since = new Streams(10, 5_000)
		expect(added(interpretPoint(behind, since, { now: 5_030 }))).toBe(7)
		expect(added(interpretPoint({ ...behind, resource: "old", time: 1_200 }, since, { now: 5_030 }))).toBe(0)
	})

	it("of a sender that does not say when it began, count from the second point on and begin again when a total goes down", () => {
		const known = streams()
		expect(
			total([cumulative(0, 110, 10), cumulative(0, 120, 12), cumulative(0, 130, 4), cumulative(0, 125, 1)], known),
		).toBe(6)
	})

	it("keep sessions apart", () => {
		const known = streams()
		const of = (session: string, value: number, time: number) =>
			added(interpretPoint(point({ temporality: "cumulative", time, value }, { "session.id": session }), known))
		expect([of("a", 10, 110), of("b", 4, 110), of("a", 11, 120)]).toEqual([10, 4, 1])
	})

	it("that were forgotten because there are too many are not counted a second time", () => {
		const known = streams(2)
		const of = (resource: string, value: number, time: number) =>
			added(interpretPoint(cumulative(60, time, value, { resource }), known))
		expect([of("a", 1, 110), of("b", 1, 111), of("a", 2, 120), of("c", 1, 121)]).toEqual([1, 1, 1, 1])
		expect([of("a", 3, 130), of("b", 2, 131), of("b", 5, 132)]).toEqual([1, 0, 3])
	})

	it("of histograms count each observation once when bounds change", () => {
		const known = streams()
		const histogram = (time: number, counts: number[], bounds: number[], sum: number) =>
			interpretPoint(
				cumulative(100, time, 0, { metric: "mcp.client.operation.duration", kind: "histogram", counts, bounds, sum }),
				known,
			)
		const observations = (interpretation: Interpretation) =>
			typeof interpretation === "string" || interpretation[0]?.kind !== "merge"
				? interpretation
				: [interpretation[0].counts.reduce((sum, n) => sum + n, 0), interpretation[0].sum]
		expect(observations(histogram(110, [4, 1], [1], 3))).toEqual([5, 3])
		expect(observations(histogram(120, [1, 4, 1], [0.5, 1], 3.25))).toEqual([1, 0.25])
		expect(observations(histogram(130, [7, 1], [1], 4))).toEqual([2, 0.75])
		expect(histogram(140, [1, 1], [1], 4)).toBe("stale")
	})

	it("add up to the true total over any sequence of increases, repeats, late points and restarts of two processes", () => {
		const step = fc.record({
			process: fc.nat(1),
			grow: fc.nat(9),
			repeat: fc.boolean(),
			late: fc.boolean(),
			restart: fc.boolean(),
		})
		fc.assert(
			fc.property(fc.array(step), (steps) => {
				const known = streams()
				const processes = [100, 101].map((start) => ({ start, value: 0, last: undefined as PointView | undefined }))
				let [time, truth, counted] = [100, 0, 0]
				for (const { process, grow, repeat, late, restart } of steps) {
					const of = processes[process] ?? { start: 0, value: 0, last: undefined }
					time += 2
					if (restart) Object.assign(of, { start: time + process, value: 0 })
					of.value += grow
					truth += grow
					const now = cumulative(of.start, time + 2, of.value)
					counted += total([now, ...(repeat ? [now] : []), ...(late && of.last ? [of.last] : [])], known)
					of.last = now
				}
				expect(counted).toBe(truth)
			}),
		)
	})
})
