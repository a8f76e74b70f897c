import { describe, expect, it } from "vitest"
import type { JsonValue, LogRecord, SpanRecord } from "../decode/records.ts"
import { type LogRow, logRow, type RowOptions, type SpanRow, spanRow } from "./rows.ts"

const NOW = 1_795_359_185
const options: RowOptions = { content: false, oldest: NOW - 86_400, newest: NOW + 3_600, now: NOW }
const attributesOf = (attributes: Record<string, JsonValue>) => new Map(Object.entries(attributes))

const span = (attributes: Record<string, JsonValue> = {}, own: Partial<SpanRecord> = {}): SpanRecord => ({
	signal: "traces",
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
	parentSpanId: "",
	name: "chat",
	kind: 3,
	start: BigInt(NOW) * 1_000_000_000n + 123_456_789n,
	end: BigInt(NOW) * 1_000_000_000n + 623_456_789n,
	failed: false,
	message: "",
	attributes: attributesOf(attributes),
	resource: new Map(Object.entries({ "service.name": "agent", "process.pid": 7, "deployment.environment": "test" })),
	...own,
})
const log = (attributes: Record<string, JsonValue> = {}, own: Partial<LogRecord> = {}): LogRecord => ({
	signal: "logs",
	traceId: "",
	spanId: "",
	time: BigInt(NOW) * 1_000_000_000n,
	severity: 9,
	event: "claude_code.api_request",
	body: "claude_code.api_request",
	attributes: attributesOf(attributes),
	resource: new Map(),
	...own,
})
const spanOf = (...given: Parameters<typeof span>) => spanRow(span(...given), options) as SpanRow
const logOf = (...given: Parameters<typeof log>) => logRow(log(...given), options) as LogRow

describe("a span's row", () => {
	it("has its time to the microsecond, its duration, its sender, and what the resource adds", () => {
		expect(spanOf()).toMatchObject({
			at: NOW + 0.123456,
			duration: 0.5,
			parent: null,
			service: "agent",
			attributes: { "deployment.environment": "test" },
		})
		expect(spanOf().attributes).not.toHaveProperty("process.pid")
	})

	it.each<[string, Record<string, JsonValue>, Partial<SpanRecord>, Partial<SpanRow>]>([
		[
			"Claude Code",
			{ "session.id": "s", tool_name: "mcp__files__read", model: "m" },
			{},
			{ session: "s", tool: "mcp__files__read", server: "files", model: "m" },
		],
		[
			"GenAI",
			{ "gen_ai.conversation.id": "c", "gen_ai.tool.name": "t", "gen_ai.request.model": "m" },
			{},
			{ session: "c", tool: "t", model: "m", server: null },
		],
		["MCP", { "mcp.server.name": "files" }, { name: "tools/call" }, { server: "files", tool: null }],
		["the monitored system", {}, { name: "mcp.files.read" }, { server: "files", tool: "read" }],
		["a connection", {}, { name: "mcp.connection.files" }, { server: "files", tool: null }],
	])("is searched by the names of %s", (_, attributes, own, expected) => {
		expect(spanOf(attributes, own)).toMatchObject(expected)
	})

	it.each<[string, Record<string, JsonValue>, Partial<SpanRecord>, boolean]>([
		["its status", {}, { failed: true }, true],
		["error.type", { "error.type": "timeout" }, {}, true],
		["success = false", { success: "false" }, {}, true],
		["nothing", { success: true }, {}, false],
	])("has failed by %s", (_, attributes, own, failed) => {
		expect(spanOf(attributes, own).failed).toBe(failed)
	})

	it("is none without valid ids, and outside the time that is kept", () => {
		expect(spanRow(span({}, { traceId: "0".repeat(32) }), options)).toBe("no_id")
		expect(spanRow(span({}, { spanId: "b7" }), options)).toBe("no_id")
		const at = (seconds: number) => ({ start: BigInt(seconds) * 1_000_000_000n, end: 0n })
		expect(spanRow(span({}, at(NOW - 86_401)), options)).toBe("outside_retention")
		expect(spanRow(span({}, at(NOW + 3_601)), options)).toBe("outside_retention")
		expect(spanRow(span({}, { start: 0n, end: 0n }), options)).toBe("outside_retention")
		expect(spanRow(span({}, at(NOW)), options)).toMatchObject({ duration: null })
	})

	it("is bounded in each text, in the number of attributes and in all of them, and says what is missing", () => {
		const row = spanOf({ long: "x".repeat(5_000), deep: { list: Array(5_000).fill("y") } }, { name: "n".repeat(500) })
		expect(row.name).toHaveLength(200)
		expect(row.attributes.long).toHaveLength(1_000)
		expect(row.attributes.deep).toHaveLength(1_000)
		const many = spanOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, i])))
		expect(many.attributes).toMatchObject({ key63: 63, "observatory.truncated_attributes": 137 })
		const large = spanOf(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, "z".repeat(900)])))
		expect(JSON.stringify(large.attributes).length).toBeLessThan(10_000)
	})

	it("has no character that PostgreSQL does not store", () => {
		const row = spanOf(
			{ "k\0": "a\0b\ud800", deep: { inner: "\0" }, odd: Number.NaN },
			{ name: "n\0", message: "\udfff" },
		)
		expect(JSON.stringify(row)).not.toMatch(/(?<!\\)\\u(0000|d[89a-f])/)
		expect(row.attributes).toMatchObject({ "k\ufffd": "a\ufffdb\ufffd", odd: "NaN" })
	})
})

describe("content", () => {
	const CONTENT = [
		...["prompt", "tool_input", "tool_parameters", "full_command", "mcp.request", "input.value"],
		...[
			"gen_ai.input.messages",
			"gen_ai.tool.call.arguments",
			"gen_ai.prompt.0.content",
			"llm.input_messages.0.message",
		],
	]
	const given = Object.fromEntries(CONTENT.map((key) => [key, "secret"]))

	it("is stored only where it is switched on", () => {
		expect(JSON.stringify(spanOf(given))).not.toContain("secret")
		expect(spanRow(span(given), { ...options, content: true })).toMatchObject({ attributes: given })
	})

	it("is not what only describes it", () => {
		const about = {
			prompt_length: 5,
			"prompt.id": "p",
			tool_name: "Bash",
			"gen_ai.usage.input_tokens": 3,
			tool_result_size_bytes: 9,
		}
		expect(spanOf(about).attributes).toMatchObject(about)
	})

	it("is the body of a message, and any body with a structure", () => {
		const bodies = [
			log({}, { event: "gen_ai.user.message", body: "secret" }),
			log({}, { event: "note", body: { text: "secret" } }),
		]
		for (const record of bodies) {
			expect(logRow(record, options)).toMatchObject({ body: null })
			expect((logRow(record, { ...options, content: true }) as LogRow).body).toContain("secret")
		}
	})
})

describe("a log record's row", () => {
	it("has its text, except where that is the event's name", () => {
		expect(logOf().body).toBeNull()
		expect(logOf({}, { event: "", body: "disk is full" })).toMatchObject({ body: "disk is full", severity: 9 })
	})

	it("has failed by its severity, its attributes or its name", () => {
		expect(logOf().failed).toBe(false)
		expect(logOf({}, { severity: 17 }).failed).toBe(true)
		expect(logOf({ success: "false" }).failed).toBe(true)
		expect(logOf({}, { event: "claude_code.api_error" }).failed).toBe(true)
	})

	it("is of now when it has no time", () => {
		expect(logOf({}, { time: 0n }).at).toBe(NOW)
	})
})
