import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { notAfter, parseLine } from "./line.ts"

const owner = { session: "s", subagent: false }
const captured = readFileSync(
	path.join(import.meta.dirname, "../../../test/fixtures/claude-code/transcript.jsonl"),
	"utf8",
)
const assistant = (message: object, more: object = {}) =>
	parseLine(
		JSON.stringify({
			type: "assistant",
			uuid: "u",
			sessionId: "s",
			timestamp: "2026-11-22T14:53:05.726Z",
			message: { id: "m", model: "claude-opus-4-8", usage: { input_tokens: 1, output_tokens: 2 }, ...message },
			...more,
		}),
		owner,
	)
const activity = (...args: Parameters<typeof assistant>) => {
	const line = assistant(...args)
	return line.kind === "activity" ? line.activity : undefined
}

describe("parseLine", () => {
	it("parses every line of a captured transcript", () => {
		const kinds = captured
			.trim()
			.split("\n")
			.map((line) => parseLine(line, owner).kind)
		expect(kinds).toEqual([
			"skipped",
			"skipped",
			"activity",
			"skipped",
			"skipped",
			"activity",
			"activity",
			"activity",
			"skipped",
		])
	})

	it("reads an answer with its tokens", () => {
		expect(
			activity(
				{ model: "claude-opus-4-8[1m]", usage: { input_tokens: 1, cache_creation: { ephemeral_1h_input_tokens: 7 } } },
				{ requestId: "r" },
			)?.answer,
		).toEqual({
			message: "m",
			request: "r",
			sidechain: false,
			model: "claude-opus-4-8",
			usage: {
				input: 1,
				output: 0,
				cacheRead: 0,
				cacheCreation: 0,
				cacheWrite5m: 0,
				cacheWrite1h: 7,
				webSearches: 0,
				speed: undefined,
				tier: undefined,
			},
			costUsd: undefined,
		})
	})

	it("understands every line of the newest captured transcript, and what it cost", () => {
		const newest = readFileSync(
			path.join(import.meta.dirname, "../../../test/fixtures/claude-code/2.1.332/transcript.jsonl"),
			"utf8",
		)
		const lines = newest
			.trim()
			.split("\n")
			.map((line) => parseLine(line, owner))
		const of = (kind: string) => lines.filter((line) => line.kind === kind).length
		expect([of("activity"), of("cost"), of("skipped"), lines.length]).toEqual([4, 1, lines.length - 5, lines.length])
		expect(lines.at(-1)).toMatchObject({
			statements: [
				{
					session: "00000001-0000-4000-8000-000000000000",
					model: "claude-opus-5-5",
					tokens: { input: 240, output: 84, cacheRead: 100, cacheCreation: 60 },
					costUsd: 0.00296,
				},
			],
		})
	})

	it("reads speed, tier and web searches", () => {
		const usage = { speed: "fast", service_tier: "batch", server_tool_use: { web_search_requests: 2 } }
		expect(activity({ usage })?.answer?.usage).toMatchObject({ speed: "fast", tier: "batch", webSearches: 2 })
		expect(activity({ usage: { speed: "standard", service_tier: "standard" } })?.answer?.usage).toMatchObject({
			speed: undefined,
			tier: undefined,
		})
	})

	const costState = (more: object, usage: object = {}) =>
		JSON.stringify({ type: "cost-state", sessionId: "s", modelUsage: { m: { costUSD: 1, ...usage } }, ...more })

	it("adds up the spellings of one model in a cost line", () => {
		const one = { inputTokens: 1, costUSD: 2 }
		const modelUsage = { "claude-opus-4-6[1m]": one, "us.anthropic.claude-opus-4-6-v1:0": one }
		expect(parseLine(costState({ modelUsage }), owner)).toMatchObject({
			statements: [{ model: "claude-opus-4-6", tokens: { input: 2 }, costUsd: 4 }],
		})
	})

	it("takes no cost from a line in which Claude Code guesses a model's price", () => {
		expect(parseLine(costState({ hasUnknownModelCost: true }), owner)).toEqual({ kind: "skipped" })
	})

	it.each([
		["an id with a null character", { id: "a\0b" }, {}],
		["a model with a null character", { model: "a\0b" }, {}],
		["an id of 12 kB", { id: "x".repeat(12_000) }, {}],
		["tokens beyond a bigint", { usage: { output_tokens: 1e20 } }, {}],
		["a cost beyond any answer's", {}, { costUSD: 1e300 }],
		["a session with a null character", {}, { sessionId: "a\0b" }],
	])("refuses an answer that cannot be stored: %s", (_, message, more) => {
		expect(assistant(message, more)).toEqual({ kind: "malformed" })
	})

	it.each([
		["tokens beyond a bigint", costState({}, { inputTokens: 1e20 })],
		["an infinite cost", costState({}, { costUSD: "∞" }).replace('"∞"', "1e999")],
		["no models", costState({ modelUsage: 3 })],
	])("refuses a cost line that cannot be stored: %s", (_, text) => {
		expect(parseLine(text, owner)).toEqual({ kind: "malformed" })
	})

	it("names an unknown type, but repeats nothing that does not look like one", () => {
		expect(parseLine('{"type":"brain-wave"}', owner)).toEqual({ kind: "unknown_type", type: "brain-wave" })
		expect(parseLine('{"type":"a secret, with spaces"}', owner)).toEqual({ kind: "unknown_type", type: "other" })
	})

	it("reads a failure but no answer from a synthetic message", () => {
		const failed = activity({ model: "<synthetic>" }, { isApiErrorMessage: true })
		expect(failed).toMatchObject({ turn: "failed", model: undefined, answer: undefined })
	})

	it.each([
		["tool_use", "working"],
		[null, "working"],
		["end_turn", "answered"],
		["max_tokens", "answered"],
	])("after stop reason %j the turn is %s", (reason, turn) => {
		expect(activity({ stop_reason: reason })?.turn).toBe(turn)
	})

	it("counts a subagent's work for its session, without a turn", () => {
		const text = JSON.stringify({
			type: "user",
			sessionId: "own",
			timestamp: "2026-11-22T14:53:05Z",
			isSidechain: true,
		})
		expect(parseLine(text, { session: "parent", subagent: true })).toMatchObject({
			activity: { session: "parent", turn: undefined },
		})
	})

	it.each([
		["not JSON", "{", "malformed"],
		["no object", "3", "malformed"],
		["no type", "{}", "malformed"],
		["a type that is no text", '{"type":3}', "malformed"],
		["an answer without a time", '{"type":"assistant","message":{}}', "malformed"],
		[
			"an answer whose tokens are text",
			'{"type":"assistant","timestamp":"2026-11-22T14:53:05Z","message":{"usage":{"input_tokens":"3"}}}',
			"malformed",
		],
	])("names a malformed line: %s", (_, text, kind) => {
		expect(parseLine(text, owner)).toEqual({ kind })
	})
})

describe("a line whose values cannot be right", () => {
	it.each<[string, object, object]>([
		["U+0000 in a message's id", { id: "a\u0000b" }, {}],
		["U+0000 in a model", { model: "a\u0000b" }, {}],
		["an id of 12 kB", { id: "x".repeat(12_000) }, {}],
		["an escape in a session", {}, { sessionId: "\u001b[31m" }],
		["a request of 12 kB", {}, { requestId: "x".repeat(12_000) }],
		["more tokens than a bigint holds", { usage: { input_tokens: 1e300 } }, {}],
		["the largest bigint as tokens", { usage: { output_tokens: 2 ** 63 } }, {}],
		["negative tokens", { usage: { cache_read_input_tokens: -1 } }, {}],
		["a cost that adds up to infinity", {}, { costUSD: 1e308 }],
	])("is malformed: %s", (_, message, more) => {
		expect(assistant(message, more).kind).toBe("malformed")
	})

	it("is of now when it says that it is of the future", () => {
		const seen = activity({}, { timestamp: "2099-01-01T00:00:00Z" })
		const now = Date.parse("2026-11-30T00:00:00Z")
		expect(seen && notAfter(seen, now).at.getTime()).toBe(now)
		expect(seen && notAfter(seen, Date.parse("2100-01-01T00:00:00Z"))).toBe(seen)
	})
})
