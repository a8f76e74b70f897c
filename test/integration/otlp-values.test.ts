import { describe, expect, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { PLACE_MS } from "../../core/metrics/labels.ts"
import { ENCODINGS, receiverFor } from "../support/otlp-receiver.ts"

/** A point of a metric: times are seconds after one moment. */
interface Given {
	readonly start?: number
	readonly time?: number
	readonly value?: unknown
	readonly more?: object
}

/** Later than the start of any receiver here. */
const BEGIN = Date.now() + 3_600_000
const nanos = (seconds: number) => `${BEGIN + seconds * 1_000}000000`
const MODEL = [{ key: "model", value: { stringValue: "m" } }]

const pointOf = ({ start = 0, time = 1, value, more }: Given) => ({
	startTimeUnixNano: nanos(start),
	timeUnixNano: nanos(time),
	...(value === undefined ? {} : Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value }),
	attributes: MODEL,
	...more,
})
const metrics = (...found: object[]) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: found }] }] })
const tokens = (data: object) => metrics({ name: "claude_code.token.usage", ...data })
const sum = (temporality: number | undefined, points: readonly Given[], isMonotonic = true) =>
	tokens({
		sum: {
			...(temporality === undefined ? {} : { aggregationTemporality: temporality }),
			isMonotonic,
			dataPoints: points.map(pointOf),
		},
	})
const delta = (...points: Given[]) => sum(1, points)
const cumulative = (...points: Given[]) => sum(2, points)
const at = (start: number, time: number, value: number): Given => ({ start, time, value })

const COUNTED = 'autonomous_claude_code_tokens_total{type="other",model="m"}'

describe.each(ENCODINGS)("points sent in %s", (encoding) => {
	it.each<[string, readonly object[], number, string, number]>([
		[
			"cumulative streams of two processes",
			[at(100, 110, 10), at(105, 110, 5), at(100, 120, 30), at(105, 120, 9), at(100, 130, 60)].map((p) =>
				cumulative(p),
			),
			69,
			"",
			0,
		],
		[
			"a total that goes down",
			[at(0, 1, 10), at(0, 2, 22), at(0, 3, 3), at(0, 4, 25)].map((p) => cumulative(p)),
			25,
			"stale",
			1,
		],
		["a restart", [at(0, 1, 10), at(0, 2, 22), at(3, 4, 4), at(3, 5, 9)].map((p) => cumulative(p)), 31, "", 0],
		["the same cumulative point three times", [1, 2, 3].map(() => cumulative(at(0, 1, 10))), 10, "", 0],
		["the same delta body twice", [1, 2].map(() => delta({ value: 10 })), 10, "", 0],
		["a point without a recorded value", [delta({ value: 10, more: { flags: 1 } })], 0, "", 0],
		["Infinity", [delta({ value: "Infinity" })], 0, "infinite", 1],
		["NaN and 3 in one body", [delta({ value: "NaN" }, { value: 3 })], 3, "not_a_number", 1],
		[
			"the largest integer",
			[delta({ value: "9223372036854775807", more: { asInt: "9223372036854775807", asDouble: null } })],
			0,
			"implausible",
			1,
		],
		["1e308 twice", [delta({ value: 1e308 }, { value: 1e308, time: 2 })], 0, "implausible", 2],
		["1, Infinity and 1 in one metric", [delta({ value: 1 }, { value: "Infinity" }, { value: 1 })], 2, "infinite", 1],
		[
			"a clock that is a day ahead for once",
			[cumulative(at(0, 1, 5)), cumulative(at(0, 86_400, 5)), cumulative(at(0, 2, 9)), cumulative(at(0, 3, 12))],
			12,
			"",
			0,
		],
		["temporality 0", [sum(0, [{ value: 4 }])], 0, "no_temporality", 1],
		["no temporality", [sum(undefined, [{ value: 4 }])], 0, "no_temporality", 1],
		["a sum that is not monotonic", [sum(1, [{ value: 4 }], false)], 0, "not_monotonic", 1],
		["a gauge", [tokens({ gauge: { dataPoints: [pointOf({ value: 4 })] } })], 0, "wrong_type", 1],
		["a summary", [tokens({ summary: { dataPoints: [pointOf({})] } })], 0, "wrong_type", 1],
		["a point without a value", [delta({})], 0, "no_value", 1],
		["a negative increment", [delta({ value: -1 }, { value: 2 })], 2, "negative", 1],
		["a malformed point", [delta({ value: 1 }, { value: 2, more: { timeUnixNano: "soon" } })], 1, "malformed", 1],
	])("count what is right of %s, and refuse the rest by reason", async (_, bodies, counted, reason, refused) => {
		const { send, samples } = await receiverFor(encoding)
		let rejected = 0
		let message = ""
		for (const body of bodies) {
			const answer = await send("metrics", body)
			expect(answer.status).toBe(200)
			rejected += answer.rejected
			message += answer.message
		}
		const found = await samples()
		expect(found.get(COUNTED) ?? 0).toBe(counted)
		expect(rejected).toBe(refused)
		expect(message.includes("claude_code.token.usage")).toBe(refused > 0)
		const labels = (why: string) => `{signal="metric_point",name="claude_code.token.usage",reason="${why}"}`
		if (reason) expect(found.get(`autonomous_telemetry_unusable_total${labels(reason)}`)).toBe(refused)
		const records = (what: string) => found.get(`autonomous_telemetry_records_${what}`) ?? 0
		expect(records('dropped_total{signal="metric_point",reason="malformed"}')).toBe(refused)
		expect(records('received_total{signal="metric_point"}')).toBe(
			records('processed_total{signal="metric_point"}') + refused,
		)
		for (const [name, value] of found) expect([name, Number.isFinite(value)]).toEqual([name, true])
	})

	const OPERATION = "mcp.client.operation.duration"
	const duration = (kind: string, ...points: object[]) =>
		metrics({ name: OPERATION, [kind]: { aggregationTemporality: 2, dataPoints: points } })
	const timed = (time: number, more: object) => ({ startTimeUnixNano: nanos(0), timeUnixNano: nanos(time), ...more })

	it.each<[string, readonly object[], number, number, number]>([
		["without buckets", [duration("histogram", timed(1, { count: "3", sum: 3 }))], 3, 3, 0],
		[
			"of exponential buckets",
			[
				duration(
					"exponentialHistogram",
					timed(1, { count: "3", sum: 3, scale: 2, zeroCount: "1", positive: { offset: -3, bucketCounts: ["2"] } }),
				),
			],
			3,
			3,
			0,
		],
		[
			"whose bounds change",
			[
				duration("histogram", timed(1, { sum: 3, bucketCounts: ["4", "1"], explicitBounds: [1] })),
				duration("histogram", timed(2, { sum: 4, bucketCounts: ["1", "4", "1"], explicitBounds: [0.5, 1] })),
			],
			6,
			4,
			0,
		],
		...["Infinity", "NaN", -1, 1e308].map((total): [string, readonly object[], number, number, number] => [
			`with a sum of ${total}`,
			[duration("histogram", timed(1, { sum: total, bucketCounts: ["1", "0"], explicitBounds: [1] }))],
			0,
			0,
			1,
		]),
		[
			"whose bounds are not in order",
			[duration("histogram", timed(1, { sum: 1, bucketCounts: ["1", "0", "0"], explicitBounds: [2, "NaN"] }))],
			0,
			0,
			1,
		],
	])("of histograms %s count where that is possible", async (_, bodies, observed, seconds, refused) => {
		const { send, samples } = await receiverFor(encoding)
		let rejected = 0
		for (const body of bodies) rejected += (await send("metrics", body)).rejected
		const found = await samples()
		const part = (name: string) =>
			found.get(`autonomous_mcp_operation_duration_seconds_${name}{method="unknown",source="metric"}`) ?? 0
		expect([part("count"), part("sum"), rejected]).toEqual([observed, seconds, refused])
	})
})

describe.each(ENCODINGS)("spans and events sent in %s", (encoding) => {
	const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
	const spans = (...found: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans: found }] }] })
	const logs = (...logRecords: object[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
	const call = (more: object) => ({
		name: "mcp.a.search",
		kind: 3,
		startTimeUnixNano: nanos(0),
		endTimeUnixNano: nanos(1),
		...more,
	})

	it("have no duration without a start or an end, and fail when their success is the text false", async () => {
		const { send, samples } = await receiverFor(encoding)
		const endless = call({ startTimeUnixNano: null, attributes: [text("success", "false")] })
		expect((await send("traces", spans(endless, call({ endTimeUnixNano: "0" }), call({})))).rejected).toBe(0)
		const found = await samples()
		expect(found.get('autonomous_mcp_requests_total{server="a"}')).toBe(3)
		expect(found.get('autonomous_mcp_request_errors_total{server="a"}')).toBe(1)
		expect(found.get('autonomous_mcp_request_duration_seconds_count{server="a"}')).toBe(1)
		expect(found.get('autonomous_mcp_request_duration_seconds_sum{server="a"}')).toBe(1)
	})

	it("are refused by reason and name when a number of theirs cannot be right, each alone", async () => {
		const { send, samples } = await receiverFor(encoding)
		const turn = (value: object) => ({ name: "claude.turn", attributes: [{ key: "claude.token_usage", value }] })
		const odd = [{ doubleValue: "NaN" }, { doubleValue: 1e308 }, { intValue: "-1" }, { stringValue: "many" }]
		const answer = await send("traces", spans(...odd.map(turn), turn({ intValue: "5" }), { ...call({}), status: 7 }))
		expect(answer).toMatchObject({ status: 200, rejected: 5 })
		expect(answer.message).toMatch(/^5 spans cannot be used: 2 not a number \(claude\.turn\), /)
		const event = (name: string, key: string, value: object) => ({
			body: { stringValue: `claude_code.${name}` },
			attributes: [{ key, value }],
		})
		const records = [
			event("hook_execution_complete", "num_success", { stringValue: "-1" }),
			event("api_request", "duration_ms", { doubleValue: "Infinity" }),
			event("hook_execution_complete", "num_success", { intValue: "2" }),
			event("not_ours", "duration_ms", { doubleValue: "Infinity" }),
		]
		expect(await send("logs", logs(...records))).toMatchObject({
			rejected: 2,
			message: expect.stringContaining("1 negative (claude_code.hook_execution_complete)"),
		})
		const found = await samples()
		expect(found.get('autonomous_claude_code_operation_tokens_total{operation="claude.turn"}')).toBe(5)
		expect(found.get('autonomous_claude_code_hooks_total{result="success"}')).toBe(2)
		const unusable = (signal: string, name: string, reason: string) =>
			found.get(`autonomous_telemetry_unusable_total{signal="${signal}",name="${name}",reason="${reason}"}`)
		expect(unusable("span", "claude.turn", "not_a_number")).toBe(2)
		expect(unusable("span", "claude.turn", "implausible")).toBe(1)
		expect(unusable("span", "claude.turn", "negative")).toBe(1)
		expect(unusable("span", "unknown", "malformed")).toBe(1)
		expect(unusable("log_record", "claude_code.api_request", "infinite")).toBe(1)
	})
})

describe.each(ENCODINGS)("the GenAI conventions sent in %s", (encoding) => {
	const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
	const chat = [
		text("gen_ai.operation.name", "chat"),
		text("gen_ai.provider.name", "openai"),
		text("gen_ai.request.model", "gpt-4o"),
	]
	const resource = { attributes: [text("service.name", "planner"), text("service.instance.id", "7")] }
	const usage = (more: object) => ({
		resourceMetrics: [
			{
				resource,
				scopeMetrics: [
					{
						metrics: [
							{
								name: "gen_ai.client.token.usage",
								histogram: {
									aggregationTemporality: 2,
									dataPoints: [
										{
											startTimeUnixNano: nanos(0),
											timeUnixNano: nanos(1),
											attributes: [...chat, text("gen_ai.token.type", "input")],
											...more,
										},
									],
								},
							},
						],
					},
				],
			},
		],
	})
	const span = {
		name: "chat gpt-4o",
		kind: 3,
		startTimeUnixNano: nanos(0),
		endTimeUnixNano: nanos(2),
		attributes: [...chat, { key: "gen_ai.usage.input_tokens", value: { intValue: "1000" } }],
	}
	const event = { eventName: "gen_ai.client.inference.operation.details", attributes: span.attributes }

	it("are counted by agent, provider and model, once, whether they arrive as spans, metric or events", async () => {
		const { send, samples } = await receiverFor(encoding)
		const input = async () =>
			(await samples()).get('autonomous_genai_tokens_total{type="input",provider="openai",model="gpt-4o"}')
		await send("traces", { resourceSpans: [{ resource, scopeSpans: [{ spans: [span, span] }] }] })
		expect(await input()).toBe(2_000)
		await send("metrics", usage({ count: "4", sum: 4_000 }))
		await send("logs", { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [event, event, event] }] }] })
		expect(await input()).toBe(4_000)
		await send("metrics", usage({ count: "5", sum: 5_000, timeUnixNano: nanos(2) }))
		const found = await samples()
		expect(await input()).toBe(5_000)
		expect(found.get('autonomous_genai_agent_tokens_total{type="input",agent="planner",model="gpt-4o"}')).toBe(5_000)
		const labels = 'operation="chat",agent="planner",provider="openai"'
		expect(found.get(`autonomous_genai_operations_total{${labels}}`)).toBe(3)
		const durations =
			'autonomous_genai_operation_duration_seconds_sum{operation="chat",provider="openai",model="gpt-4o"}'
		expect(found.get(durations)).toBe(4)
		expect((await send("metrics", usage({ count: "6", sum: -1 }))).rejected).toBe(1)
	})
})

describe("names that a hostile sender makes up", () => {
	const call = (server: string) => ({
		name: "mcp.x.y",
		kind: 3,
		attributes: [
			{ key: "rpc.system", value: { stringValue: "mcp" } },
			{ key: "rpc.service", value: { stringValue: server } },
		],
	})
	const spans = (...servers: string[]) => ({ resourceSpans: [{ scopeSpans: [{ spans: servers.map(call) }] }] })
	const junk = Array.from({ length: 200 }, (_, i) => `junk-${i}`)

	it("give their places back after an hour, and at once to a server that is configured", async () => {
		const clock = manualClock(Date.now())
		const { send, samples, telemetry } = await receiverFor("json", clock)
		const requests = async (server: string) =>
			(await samples()).get(`autonomous_mcp_requests_total{server="${server}"}`)
		telemetry.prefer("server", (name) => name === "configured")
		await send("traces", spans(...junk))
		await send("traces", spans("real", "configured"))
		expect([await requests("real"), await requests("configured")]).toEqual([undefined, 1])
		clock.advance(PLACE_MS)
		await send("traces", spans("real"))
		expect(await requests("real")).toBe(1)
		expect(
			[...(await samples()).keys()].filter((name) => name.startsWith("autonomous_mcp_requests_total")),
		).toHaveLength(201)
	})
})
