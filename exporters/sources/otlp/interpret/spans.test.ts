import { describe, expect, it } from "vitest"
import { createReported } from "./gen-ai.ts"
import type { AttributeValue } from "./model.ts"
import type { Observation } from "./observation.ts"
import { interpretSpan } from "./spans.ts"

function interpret(
	name: string,
	attributes: Record<string, AttributeValue>,
	more: { kind?: number; failed?: boolean; seconds?: number } = {},
) {
	const { kind = 3, failed = false, seconds = 0.25 } = more
	const sender = { service: "worker", instance: "" }
	const span = { name, kind, failed, seconds, ...sender, attributes: new Map(Object.entries(attributes)) }
	return summary(interpretSpan(span, createReported()))
}

/** `series{labels} value`, without the common prefix. */
const summary = (observations: readonly Observation[]): string[] =>
	observations.map((o) => {
		const value = o.kind === "count" ? o.by : o.kind === "merge" ? o.sum : o.value
		return `${o.series.name.replace("autonomous_", "")}{${Object.values(o.labels).join(",")}} ${value}`
	})

const request = (server: string, failed: 0 | 1, seconds = 0.25) => [
	`mcp_requests_total{${server}} 1`,
	`mcp_request_duration_seconds{${server}} ${seconds}`,
	`mcp_request_errors_total{${server}} ${failed}`,
]
const operation = (method: string, failed: 0 | 1) => [
	`mcp_operation_duration_seconds{${method},span} 0.25`,
	`mcp_operation_errors_total{${method},span} ${failed}`,
]
const rpc = { "rpc.system": "mcp", "rpc.service": "github" }

describe("interpretSpan", () => {
	it("counts a tool call as a request to its server", () => {
		expect(interpret("mcp.github.search", { ...rpc, "rpc.method": "search" })).toEqual(request("github", 0))
	})

	it("takes the server from the attribute, whatever dots its name or the tool's has", () => {
		expect(interpret("mcp.a.b.c.d", { ...rpc, "rpc.service": "a.b" })).toEqual(request("a.b", 0))
		expect(interpret("mcp.connection.open", { ...rpc, "rpc.service": "connection" })).toEqual(request("connection", 0))
	})

	it("takes the server from the name when no attribute gives it", () => {
		expect(interpret("mcp.github.search", {})).toEqual(request("github", 0))
	})

	it.each([
		["a status of ERROR", {}, true],
		["an error.type, such as a tool's own error", { "error.type": "tool_error" }, false],
	])("counts %s as a failed request", (_, attributes, failed) => {
		expect(interpret("mcp.github.search", { ...rpc, ...attributes }, { failed })).toEqual(request("github", 1))
	})

	it("counts reading a resource as a request to its server", () => {
		expect(interpret("mcp.resource.files", { "mcp.server": "files" })).toEqual(request("files", 0))
	})

	it("counts a connection apart from requests", () => {
		expect(interpret("mcp.connection.files", { "mcp.server": "files" }, { failed: true })).toEqual([
			"mcp_connections_total{files} 1",
			"mcp_connection_errors_total{files} 1",
		])
	})

	it("counts what an instrumented SDK client sends by method, not as another request to a server", () => {
		expect(interpret("mcp.tools/call", { "mcp.method": "tools/call" })).toEqual(operation("tools/call", 0))
		expect(interpret("mcp.ping", { "mcp.method": "ping" })).toEqual(operation("ping", 0))
	})

	it("reads spans of the OpenTelemetry conventions, and their server where one is named", () => {
		const attributes = { "mcp.method.name": "tools/call", "gen_ai.tool.name": "search" }
		const tool = ["genai_tool_calls_total{worker,search} 1", "genai_tool_errors_total{worker,search} 0"]
		expect(interpret("tools/call search", attributes)).toEqual([...operation("tools/call", 0), ...tool])
		expect(interpret("tools/call search", { ...attributes, "mcp.server.name": "github" })).toEqual([
			...operation("tools/call", 0),
			...tool,
			...request("github", 0),
		])
		expect(interpret("tools/list", { "mcp.method.name": "tools/list", "mcp.server.name": "github" })).toEqual(
			operation("tools/list", 0),
		)
	})

	it("does not count a server's own span of a call that its client has counted", () => {
		expect(interpret("tools/call search", { "mcp.method.name": "tools/call" }, { kind: 2 })).toEqual([])
		expect(interpret("mcp.github.search", rpc, { kind: 2 })).toEqual([])
	})

	it("measures spans of Claude Code and of the system's own sessions by name", () => {
		expect(interpret("claude_code.llm_request", { success: true }, { kind: 1 })).toEqual([
			"claude_code_operation_duration_seconds{llm_request} 0.25",
			"claude_code_operation_errors_total{llm_request} 0",
		])
		expect(interpret("claude_code.tool.execution", { success: false }, { kind: 1 })[1]).toBe(
			"claude_code_operation_errors_total{tool.execution} 1",
		)
		expect(interpret("claude.analysis", { "claude.token_usage": 1200 }, { failed: true })).toEqual([
			"claude_code_operation_duration_seconds{claude.analysis} 0.25",
			"claude_code_operation_errors_total{claude.analysis} 1",
			"claude_code_operation_tokens_total{claude.analysis} 1200",
		])
	})

	it("falls back on the measured attribute when a span has no duration", () => {
		expect(interpret("mcp.github.search", { ...rpc, "mcp.duration_ms": 1500 }, { seconds: 0 })).toEqual(
			request("github", 0, 1.5),
		)
	})

	it.each(["GET /users", "mcp", "claude", "", "__proto__"])("makes nothing of a span named %j", (name) => {
		expect(interpret(name, {})).toEqual([])
	})
})
