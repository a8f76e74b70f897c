import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { openJson } from "../otlp/decode/json.ts"
import { fingerprint } from "./fingerprint.ts"
import { fromLog } from "./from-log.ts"
import { fromTranscript } from "./from-transcript.ts"

const fixtures = path.resolve(import.meta.dirname, "../../../test/fixtures/claude-code")
const owner = { session: "s", subagent: false }
const AT = "2026-11-27T08:00:00.000Z"

const line = (value: object, of = owner) =>
	fromTranscript(JSON.stringify({ timestamp: AT, ...value }), of).map(({ kind }) => kind)
const log = (name: string, attributes: Record<string, string> = {}) =>
	fromLog({ name: `claude_code.${name}`, attributes: new Map(Object.entries({ "session.id": "s", ...attributes })) }, 7)

describe("fromTranscript", () => {
	it.each(["", "2.1.332"])("reads the turn of a real transcript %s", (version) => {
		const lines = readFileSync(path.join(fixtures, version, "transcript.jsonl"), "utf8")
			.trim()
			.split("\n")
		const events = lines.flatMap((text) => fromTranscript(text, owner))
		expect(events.map(({ kind }) => kind)).toEqual(["prompt", "answered", "call", "result", "answered", "end"])
		expect(events[0]).toMatchObject({ asks: false })
		expect(events[2]).toMatchObject({ tool: "Bash", id: "toolu_1", allowedMs: 120_000 })
		expect(new Set(events.map(({ session }) => session)).size).toBe(1)
	})

	it.each([
		["not JSON", "{"],
		["no object", "[1]"],
		["an unknown type", JSON.stringify({ type: "new", timestamp: AT })],
		["no time", JSON.stringify({ type: "user", message: { content: "x" } })],
		["a wrong content", JSON.stringify({ type: "user", timestamp: AT, message: { content: [{ type: 1 }] } })],
		["an id of 12 kB", JSON.stringify({ type: "user", timestamp: AT, sessionId: "x".repeat(12_000) })],
	])("makes nothing of %s", (_, text) => {
		expect(fromTranscript(text, owner)).toEqual([])
	})

	it("does not end the conversation's turn with a subagent's", () => {
		const ended = { type: "assistant", message: { stop_reason: "end_turn", content: [{ type: "text", text: "x" }] } }
		expect(line(ended)).toEqual(["answered", "end"])
		expect(line(ended, { session: "s", subagent: true })).toEqual(["sign"])
		expect(line({ ...ended, isSidechain: true })).toEqual(["sign"])
	})

	it("knows a permission mode in which no one is asked", () => {
		const asks = (more: object) =>
			fromTranscript(JSON.stringify({ type: "user", timestamp: AT, message: { content: "x" }, ...more }), owner)
		expect(asks({ permissionMode: "default", entrypoint: "cli" })).toMatchObject([{ kind: "prompt", asks: true }])
		expect(asks({ permissionMode: "bypassPermissions" })).toMatchObject([{ asks: false }])
		expect(asks({ permissionMode: "default", entrypoint: "sdk-cli" })).toMatchObject([{ asks: false }])
		expect(asks({})).toMatchObject([{ asks: undefined }])
	})
})

describe("fromLog", () => {
	it.each(["", "2.1.332"])("reads the turn of real telemetry %s, as the receiver decodes it", (version) => {
		const body = readFileSync(path.join(fixtures, version, "logs.json"))
		const parcel = openJson.logs(body, 1_000)
		const logs = Array.from({ length: parcel.units }, (_, unit) => parcel.read(unit)).flat()
		const events = logs.flatMap((view) => ("record" in view ? [] : fromLog(view, 7)))
		expect(events.map(({ kind }) => kind)).toEqual(["prompt", "decision", "answered", "result", "answered", "end"])
		expect(events[1]).toMatchObject({ id: "toolu_1", tool: "Bash" })
		expect(new Set(events.map(({ session }) => session)).size).toBe(1)
		expect(events.every(({ at }) => at > 1.7e12)).toBe(true)
	})

	it.each([
		["user_prompt", {}, "prompt"],
		["api_request", {}, "answered"],
		["api_error", {}, "api_error"],
		["assistant_response", {}, "end"],
		["tool_decision", { tool_use_id: "a", tool_name: "Bash" }, "decision"],
		["tool_result", { tool_use_id: "a", tool_name: "Bash", success: "true" }, "result"],
		["tool_result", { tool_name: "Bash", success: "true" }, "sign"],
	])("understands %s with %j", (name, attributes, kind) => {
		expect(log(name, attributes).map((event) => event.kind)).toEqual([kind])
	})

	it("has the event's own time, and ours where it has none", () => {
		expect(log("api_request", { "event.timestamp": AT })).toMatchObject([{ at: Date.parse(AT) }])
		expect(log("api_request", { "event.timestamp": "soon" })).toMatchObject([{ at: 7 }])
	})

	it("makes nothing of others' events, and of those without a session", () => {
		expect(log("plugin_loaded")).toEqual([])
		expect(log("api_request", { "session.id": "" })).toEqual([])
		expect(fromLog({ name: "checkout", attributes: new Map([["session.id", "s"]]) }, 7)).toEqual([])
	})
})

describe("fingerprint", () => {
	it("is equal for results that differ only in their times", () => {
		expect(fingerprint("2026-11-27T08:00:01.5Z 1 passed in 3.2 s")).toBe(
			fingerprint("2026-11-27T09:10:00Z 1 passed in 12 s"),
		)
	})

	it("differs for other results, also behind a long beginning", () => {
		expect(fingerprint("12 %")).not.toBe(fingerprint("13 %"))
		expect(fingerprint("x".repeat(30_000))).not.toBe(fingerprint("x".repeat(30_001)))
	})
})
