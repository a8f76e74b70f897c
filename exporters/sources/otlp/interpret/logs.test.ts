import { describe, expect, it } from "vitest"
import { createReported } from "./gen-ai.ts"
import { eventName, interpretLog } from "./logs.ts"
import type { AttributeValue } from "./model.ts"

const interpret = (name: string, attributes: Record<string, AttributeValue> = {}) =>
	interpretLog(
		{ name: `claude_code.${name}`, service: "", instance: "", attributes: new Map(Object.entries(attributes)) },
		createReported(),
	).map((o) => [
		o.series.name.replace("autonomous_claude_code_", ""),
		o.labels,
		o.kind === "count" ? o.by : o.kind === "observe" ? o.value : undefined,
	])

describe("interpretLog", () => {
	it("counts answered and failed requests to the model", () => {
		expect(interpret("api_request", { model: "claude-opus-4-8", duration_ms: "1500", cost_usd: "1" })).toEqual([
			["api_requests_total", { model: "claude-opus-4-8" }, 1],
			["api_request_duration_seconds", { model: "claude-opus-4-8" }, 1.5],
		])
		expect(interpret("api_error", { model: "m", status_code: "529" })).toEqual([
			["api_errors_total", { model: "m", status: "529" }, 1],
		])
		expect(interpret("api_error", { model: "m", status_code: "undefined" })[0]?.[1]).toEqual({
			model: "m",
			status: "none",
		})
	})

	it.each([
		["true", 0],
		["false", 1],
		[false, 1],
	])("understands success written as %j", (success, failed) => {
		expect(interpret("tool_result", { tool_name: "Bash", success })).toEqual([
			["tool_results_total", { tool: "Bash" }, 1],
			["tool_errors_total", { tool: "Bash" }, failed],
		])
	})

	it("counts the hooks that ran, those that denied among them", () => {
		expect(
			interpret("hook_execution_complete", { num_success: 0, num_blocking: "1", num_non_blocking_error: 2 }),
		).toEqual([
			["hooks_total", { result: "success" }, 0],
			["hooks_total", { result: "blocking" }, 1],
			["hooks_total", { result: "non_blocking_error" }, 2],
		])
	})

	it("counts changes of MCP connections", () => {
		expect(interpret("mcp_server_connection", { status: "failed", transport_type: "stdio" })).toEqual([
			["mcp_connections_total", { status: "failed", transport: "stdio" }, 1],
		])
	})

	it("measures the time to the first token by effort, and the cache by lifetime", () => {
		const answer = {
			model: "m",
			ttft_ms: "14",
			effort: "medium",
			cache_creation_5m_tokens: "0",
			cache_creation_1h_tokens: 30,
		}
		expect(interpret("api_request", answer)).toEqual([
			["api_requests_total", { model: "m" }, 1],
			["time_to_first_token_seconds", { model: "m", effort: "medium" }, 0.014],
			["cache_creation_tokens_total", { model: "m", lifetime: "5m" }, 0],
			["cache_creation_tokens_total", { model: "m", lifetime: "1h" }, 30],
		])
	})

	it("makes nothing of other events", () => {
		expect(interpret("assistant_response")).toEqual([])
		expect(interpret("constructor")).toEqual([])
	})
})

describe("eventName", () => {
	const none = new Map()
	it("finds the name in the record's field, its body, or an attribute under Claude Code's scope", () => {
		expect(eventName("claude_code.x", "text", "s", none)).toBe("claude_code.x")
		expect(eventName("", "claude_code.x", "s", none)).toBe("claude_code.x")
		expect(eventName("", "", "com.anthropic.claude_code.events", new Map([["event.name", "x"]]))).toBe("claude_code.x")
		expect(eventName("", "text", "elsewhere", new Map([["event.name", "x"]]))).toBe("text")
		expect(eventName("", "text", "elsewhere", new Map([["event.name", "gen_ai.choice"]]))).toBe("gen_ai.choice")
	})
})
