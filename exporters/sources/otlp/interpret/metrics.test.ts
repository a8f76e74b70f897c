import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { interpretPoint } from "./metrics.ts"
import type { AttributeValue, PointView } from "./model.ts"
import { Streams } from "./streams.ts"

const point = (more: Partial<PointView> = {}, attributes: Record<string, AttributeValue> = {}): PointView => ({
	metric: "claude_code.token.usage",
	scope: "com.anthropic.claude_code",
	resource: "",
	service: "claude-code",
	kind: "sum",
	temporality: "delta",
	monotonic: true,
	startTime: 100,
	time: 110,
	value: 5,
	counts: [],
	bounds: [],
	sum: 0,
	attributes: new Map(Object.entries(attributes)),
	...more,
})
const streams = (max = 10) => new Streams(max, 50)

describe("interpretPoint", () => {
	it("writes token types and models as the catalogue does", () => {
		const [seen] = interpretPoint(point({}, { type: "cacheRead", model: "claude-opus-4-8[1m]" }), streams())
		expect(seen?.labels).toEqual({ type: "cache_read", model: "claude-opus-4-8" })
	})

	it("adds every delta point, in whatever order they come", () => {
		const known = streams()
		expect(interpretPoint(point({ time: 120 }), known)).toHaveLength(1)
		expect(interpretPoint(point({ time: 110 }), known)).toHaveLength(1)
	})

	it("makes nothing of metrics that are not known, without remembering them", () => {
		const known = streams(1)
		const tokens = (value: number, time: number) =>
			interpretPoint(point({ temporality: "cumulative", value, time }), known)
		tokens(5, 110)
		interpretPoint(point({ metric: "http.server.requests", temporality: "cumulative" }), known)
		expect(tokens(7, 120)).toMatchObject([{ by: 2 }])
	})

	it("makes nothing of a point without temporality, or of a sum that may go down", () => {
		expect(interpretPoint(point({ temporality: "unspecified" }), streams())).toEqual([])
		expect(interpretPoint(point({ monotonic: false }), streams())).toEqual([])
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

	it("does not count what was there before we were", () => {
		const known = streams()
		expect(known.increase(cumulative(10, 110, 1_000), [1_000])).toBeUndefined()
		expect(known.increase(cumulative(10, 120, 1_003), [1_003])).toEqual([3])
	})

	it("keeps streams of other sessions apart", () => {
		const known = streams()
		const of = (session: string, value: number, time: number) =>
			known.increase(point({ temporality: "cumulative", time }, { "session.id": session }), [value])
		expect(of("a", 10, 110)).toEqual([10])
		expect(of("b", 4, 110)).toEqual([4])
		expect(of("a", 11, 120)).toEqual([1])
	})

	it("treats a total that went down as a restart, also when the start time stays", () => {
		const known = streams()
		known.increase(cumulative(100, 110, 50), [50])
		expect(known.increase(cumulative(100, 120, 3), [3])).toEqual([3])
	})

	it("forgets the least recently seen stream when there are too many", () => {
		const known = streams(2)
		const of = (resource: string, value: number, time: number) =>
			known.increase(cumulative(60, time, value, { resource }), [value])
		of("a", 1, 110)
		of("b", 1, 110)
		of("a", 2, 120)
		of("c", 1, 110)
		expect(of("a", 3, 130)).toEqual([1])
		expect(of("b", 2, 120)).toEqual([2])
	})

	it("adds up to the true total over any sequence of increases, repeats and restarts", () => {
		const step = fc.record({ grow: fc.nat(9), repeat: fc.boolean(), restart: fc.boolean() })
		fc.assert(
			fc.property(fc.array(step), (steps) => {
				const known = streams()
				let [start, time, value, truth, counted] = [100, 100, 0, 0, 0]
				for (const { grow, repeat, restart } of steps) {
					if (restart) [start, value] = [time + 1, 0]
					time += 2
					value += grow
					truth += grow
					const seen = cumulative(start, time, value)
					counted += known.increase(seen, [value])?.[0] ?? 0
					if (repeat) counted += known.increase(seen, [value])?.[0] ?? 0
				}
				expect(counted).toBe(truth)
			}),
		)
	})
})
