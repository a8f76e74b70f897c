import { describe, expect, it } from "vitest"
import { modelNameOf } from "./model-name.ts"

describe("modelNameOf", () => {
	it.each([
		["claude-opus-4-8", "claude-opus-4-8"],
		["claude-opus-4-8[1m]", "claude-opus-4-8"],
		["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"],
		["us.anthropic.claude-sonnet-4-5-v1:0", "claude-sonnet-4-5"],
		["global.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
		["us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet"],
		["arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
		["anthropic/claude-opus-4.6", "claude-opus-4-6"],
		["openrouter/anthropic/claude-3.7-sonnet", "claude-3-7-sonnet"],
		["claude-opus-4-1@20250805", "claude-opus-4-1"],
		["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"],
		["anthropic/claude-4.5-sonnet", "claude-sonnet-4-5"],
		["claude-opus-4-0", "claude-opus-4"],
		["claude-3-haiku-latest", "claude-3-haiku"],
		["Claude-Opus-5", "claude-opus-5"],
		["gpt-5-2025-08-07", "gpt-5"],
	])("%s is %s", (spelling, key) => {
		expect(modelNameOf(spelling)).toEqual({ key, fast: false })
	})

	it("recognises fast mode where a gateway puts it into the name", () => {
		expect(modelNameOf("anthropic/claude-opus-5.5-fast")).toEqual({ key: "claude-opus-5-5", fast: true })
	})

	it("keeps a version that it does not know", () => {
		expect(modelNameOf("us.anthropic.claude-opus-4-9-v1:0").key).toBe("claude-opus-4-9")
	})
})
