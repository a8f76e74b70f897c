import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createReported } from "./gen-ai.ts"
import { interpretLog } from "./logs.ts"
import { interpretPoint } from "./metrics.ts"
import type { AttributeValue, PointView } from "./model.ts"
import type { Interpretation } from "./observation.ts"
import { Reported } from "./reported.ts"
import { interpretSpan } from "./spans.ts"
import { Streams } from "./streams.ts"

type Given = Readonly<Record<string, AttributeValue>>

const CHAT: Given = {
	"gen_ai.operation.name": "chat",
	"gen_ai.provider.name": "openai",
	"gen_ai.request.model": "gpt-4o",
}
const USAGE: Given = { "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": "20" }

/** What records of one service add, as `series{labels} value` without what adds nothing. */
function receiver() {
	const reported = createReported()
	const streams = new Streams(100, 50)
	let request = 0
	const arrival = () => ({ request: ++request, now: 1_000 })
	const sender = { service: "planner", instance: "1" }
	const attributesOf = (given: Given) => new Map(Object.entries(given))
	return {
		span: (name: string, given: Given, more: { kind?: number; failed?: boolean; service?: string } = {}) =>
			summary(
				interpretSpan(
					{ name, kind: 3, seconds: 2, failed: false, ...sender, ...more, attributes: attributesOf(given) },
					reported,
				),
			),
		event: (given: Given, name = "gen_ai.client.inference.operation.details") =>
			summary(interpretLog({ name, ...sender, attributes: attributesOf(given) }, reported)),
		point: (metric: string, given: Given, more: Partial<PointView>) =>
			summary(
				interpretPoint(
					{
						metric,
						scope: "s",
						resource: "r",
						...sender,
						kind: "histogram",
						temporality: "delta",
						monotonic: false,
						startTime: 100,
						time: 110 + request,
						value: undefined,
						count: 0,
						counts: [],
						bounds: [],
						sum: 0,
						unrecorded: false,
						attributes: attributesOf(given),
						...more,
					},
					streams,
					arrival(),
					reported,
				),
			),
	}
}

const summary = (interpretation: Interpretation): readonly string[] | string =>
	typeof interpretation === "string"
		? interpretation
		: interpretation.flatMap((o) => {
				const value =
					o.kind === "count" ? o.by : o.kind === "merge" ? `${o.counts.reduce((a, b) => a + b, 0)}/${o.sum}` : o.value
				const name = o.series.name.replace("autonomous_genai_", "").replace(/_(total|seconds)$/, "")
				return value === 0 ? [] : [`${name}{${Object.values(o.labels).join(",")}} ${value}`]
			})

/** Tokens as both series have them. */
const used = (type: string, amount: number, [provider, model] = ["openai", "gpt-4o"], agent = "planner") => [
	`tokens{${type},${provider},${model}} ${amount}`,
	`agent_tokens{${type},${agent},${model}} ${amount}`,
]
const TOKENS = [...used("input", 100), ...used("output", 20)]
const CHATTED = ["operations{chat,planner,openai} 1", "operation_duration{chat,openai,gpt-4o} 2"]

describe("the GenAI conventions", () => {
	it("count a span by agent, provider and model: tokens, operation, duration, failure", () => {
		const { span } = receiver()
		expect(span("chat gpt-4o", { ...CHAT, ...USAGE })).toEqual([...TOKENS, ...CHATTED])
		const failed = span("chat", { ...CHAT, "error.type": "429", "gen_ai.agent.name": "Tutor" })
		expect(failed).toContain("operation_errors{chat,Tutor,openai} 1")
	})

	it("read the older names, and prefer the model that answered", () => {
		const { span } = receiver()
		const older = {
			"gen_ai.operation.name": "text_completion",
			"gen_ai.system": "vertex_ai",
			"gen_ai.request.model": "auto",
			"gen_ai.response.model": "gemini",
			"gen_ai.usage.prompt_tokens": 7,
			"gen_ai.usage.completion_tokens": 3,
		}
		expect(span("x", older)).toEqual([
			...used("input", 7, ["vertex_ai", "gemini"]),
			...used("output", 3, ["vertex_ai", "gemini"]),
			"operations{text_completion,planner,vertex_ai} 1",
			"operation_duration{text_completion,vertex_ai,gemini} 2",
		])
	})

	it("count tools by name, and tokens of an agent only where a model answered", () => {
		const { span } = receiver()
		expect(
			span("execute_tool search", { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" }),
		).toEqual(expect.arrayContaining(["tool_calls{planner,search} 1"]))
		const agent = span("invoke_agent A", { ...USAGE, "gen_ai.operation.name": "invoke_agent" })
		expect(agent).toEqual([
			"operations{invoke_agent,planner,unknown} 1",
			"operation_duration{invoke_agent,unknown,unknown} 2",
		])
	})

	it("leave Claude Code's own spans and a server's end of a call alone", () => {
		const { span } = receiver()
		expect(String(span("claude_code.llm_request", { ...CHAT, ...USAGE }))).not.toContain("tokens{")
		expect(span("chat", { ...CHAT, ...USAGE }, { kind: 2 })).toEqual([])
	})

	it("count a histogram's sum as tokens, without buckets as well, and a counter", () => {
		const { point } = receiver()
		const usage = "gen_ai.client.token.usage"
		const input = { ...CHAT, "gen_ai.token.type": "input" }
		expect(point(usage, input, { count: 4, sum: 4_000 })).toEqual(used("input", 4_000))
		const counter = { kind: "sum", monotonic: true, value: 5 } as const
		expect(point(usage, { ...CHAT, "gen_ai.token.type": "output" }, counter)).toEqual(used("output", 5))
		expect(point(usage, input, { count: 4, sum: Number.NaN })).toBe("not_a_number")
		expect(point(usage, input, { kind: "gauge", value: 4 })).toBe("wrong_type")
		expect(point(usage, input, { ...counter, monotonic: false })).toBe("not_monotonic")
	})

	it.each([
		[
			"gen_ai.client.operation.duration",
			CHAT,
			["operations{chat,planner,openai} 3", "operation_duration{chat,openai,gpt-4o} 3/6"],
		],
		[
			"gen_ai.invoke_agent.duration",
			{},
			["operations{invoke_agent,planner,unknown} 3", "operation_duration{invoke_agent,unknown,unknown} 3/6"],
		],
		["gen_ai.client.operation.time_to_first_chunk", CHAT, ["time_to_first_token{client,openai,gpt-4o} 3/6"]],
		["gen_ai.server.time_to_first_token", CHAT, ["time_to_first_token{server,openai,gpt-4o} 3/6"]],
		["gen_ai.server.request.duration", CHAT, ["server_request_duration{openai,gpt-4o} 3/6"]],
		[
			"mcp.server.operation.duration",
			{ "mcp.method.name": "tools/list" },
			["autonomous_mcp_server_operation_duration{tools/list} 3/6"],
		],
		["mcp.client.session.duration", {}, ["autonomous_mcp_session_duration{client} 3/6"]],
		["mcp.server.session.duration", {}, ["autonomous_mcp_session_duration{server} 3/6"]],
	])("count the metric %s", (metric, given, expected) => {
		expect(receiver().point(metric, given, { count: 3, counts: [1, 2], bounds: [2], sum: 6 })).toEqual(expected)
	})

	it("count once what one sender reports as span, as metric and as event, whichever comes first", () => {
		const input = { ...CHAT, "gen_ai.token.type": "input" }
		const spanFirst = receiver()
		spanFirst.span("chat", { ...CHAT, ...USAGE })
		expect(spanFirst.event({ ...CHAT, ...USAGE })).toEqual([])
		expect(spanFirst.point("gen_ai.client.token.usage", input, { count: 1, sum: 100 })).toEqual([])
		expect(
			spanFirst.point("gen_ai.client.operation.duration", CHAT, { count: 3, counts: [1, 2], bounds: [2], sum: 6 }),
		).toEqual(["operations{chat,planner,openai} 2", "operation_duration{chat,openai,gpt-4o} 2/4"])
		const metricFirst = receiver()
		metricFirst.point("gen_ai.client.token.usage", input, { count: 1, sum: 150 })
		expect(metricFirst.span("chat", { ...CHAT, ...USAGE })).toEqual([...used("output", 20), ...CHATTED])
		expect(metricFirst.span("chat", { ...CHAT, ...USAGE })).toContain("tokens{input,openai,gpt-4o} 50")
		expect(metricFirst.span("chat", { ...CHAT, ...USAGE }, { service: "other" })).toContain(
			"agent_tokens{input,other,gpt-4o} 100",
		)
	})

	it("count a tool once that is executed through MCP", () => {
		const { span, point } = receiver()
		const tool = { "gen_ai.tool.name": "search" }
		span("execute_tool search", { ...tool, "gen_ai.operation.name": "execute_tool" })
		expect(String(span("tools/call search", { ...tool, "mcp.method.name": "tools/call" }))).not.toContain("tool_calls")
		const twice = { ...tool, "mcp.method.name": "tools/call" }
		expect(point("mcp.client.operation.duration", twice, { count: 2, counts: [2, 0], bounds: [1], sum: 1 })).toContain(
			"tool_calls{planner,search} 1",
		)
	})

	it("refuse a record whose tokens cannot be right, and remember nothing of it", () => {
		const { span } = receiver()
		for (const amount of [-1, 1e13, "many"])
			expect(span("chat", { ...CHAT, "gen_ai.usage.input_tokens": amount })).toEqual([
				`tokens{input,openai,gpt-4o} ${Number(amount)}`,
			])
		expect(span("chat", { ...CHAT, ...USAGE })).toEqual([...TOKENS, ...CHATTED])
	})
})

describe("Reported", () => {
	it("counts the largest of the ways at any time, whatever the order", () => {
		const report = fc.tuple(fc.constantFrom("span", "metric", "event"), fc.nat(9))
		fc.assert(
			fc.property(fc.array(report), (reports) => {
				const reported = new Reported(10)
				const totals = new Map<string, number>()
				let counted = 0
				for (const [way, amount] of reports) {
					totals.set(way, (totals.get(way) ?? 0) + amount)
					counted += reported.fresh(["sender", "tokens"], way, amount)
					expect(counted).toBe(Math.max(...totals.values()))
				}
			}),
		)
	})

	it("forgets the sender that was not seen for longest", () => {
		const reported = new Reported(2)
		for (const sender of ["a", "b", "a", "c"]) reported.fresh([sender], "span", 1)
		expect(reported.fresh(["a"], "metric", 1)).toBe(0)
		expect(reported.fresh(["b"], "metric", 1)).toBe(1)
	})
})
