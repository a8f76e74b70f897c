import { SseError } from "@modelcontextprotocol/sdk/client/sse.js"
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js"
import { describe, expect, it } from "vitest"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { stateAfter } from "./classify.ts"

const refused = new TypeError("fetch failed", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) })
const noAddress = new TypeError("fetch failed", {
	cause: Object.assign(new AggregateError([refused.cause]), { code: "x" }),
})
const late = new ObservatoryError("timeout", "no answer within 5000 ms")
const ended = new ObservatoryError("source_unreachable", "its program ended with exit code 3")
const event = {} as never

describe("stateAfter", () => {
	it.each([
		["disconnected", "a refused connection", refused, {}],
		["disconnected", "several refused addresses", noAddress, {}],
		["disconnected", "a missing program", Object.assign(new Error("spawn"), { code: "ENOENT" }), {}],
		["disconnected", "a program that ended", ended, {}],
		["disconnected", "a program that ended after a line that is not MCP", ended, { garbage: true }],
		["error", "a flood", new ObservatoryError("source_malformed", "it writes what is not MCP"), { garbage: true }],
		["disconnected", "an event stream without an answer", new SseError(undefined, "failed", event), {}],
		["disconnected", "silence from the start", late, {}],
		["error", "silence after it once answered", late, { spoke: true }],
		[
			"error",
			"the SDK's timeout after it once answered",
			new McpError(ErrorCode.RequestTimeout, "late"),
			{ spoke: true },
		],
		["error", "silence but for something that is not MCP", late, { garbage: true }],
		["error", "a protocol error", new McpError(ErrorCode.InternalError, "broken"), {}],
		["error", "an HTTP error", new StreamableHTTPError(500, "broken"), {}],
		["error", "an event stream that is refused with a status", new SseError(401, "no", event), {}],
	] as const)("is %s after %s", (state, _, error, seen) => {
		expect(stateAfter({ error, garbage: false, spoke: false, ...seen })).toBe(state)
	})
})
