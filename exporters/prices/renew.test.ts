import { describe, expect, it } from "vitest"
import { parsePriceFile, parsePrices, priceOf } from "../sources/transcripts/prices.ts"
import { parseOrigin } from "./read.ts"
import { renderPrices, renew } from "./renew.ts"

const current = `# Ours.
as_of: 2026-01-01
source: there
prices:
  - { model: claude-opus-4-5, input: 5, output: 25, fast: 6 }
  - { model: claude-opus-4-6, input: 5, output: 25 }
`
const origin = { asOf: "2026-11-30", source: "https://prices.example/table" }
const renewed = (text: string) => {
	const result = renew(parsePriceFile(current, "a"), parseOrigin(text, "b"), origin)
	return { ...result, text: renderPrices(result.table, current) }
}

describe("renew", () => {
	it("adds models and changes prices; what is not named keeps its price, its day and its source", () => {
		const { changes, text } = renewed(
			"prices: [{ model: claude-opus-4.6, input: 4, output: 20 }, { model: claude-opus-9, input: 1, output: 2 }]",
		)
		expect(changes.map(({ model, before, after }) => [model, before?.input, after.input])).toEqual([
			["claude-opus-4-6", 5, 4],
			["claude-opus-9", undefined, 1],
		])
		expect(text).toBe(`# Ours.
as_of: 2026-11-30
source: https://prices.example/table
prices:
  - { model: claude-opus-9, input: 1, output: 2 }
  - { model: claude-opus-4-5, input: 5, output: 25, fast: 6, as_of: 2026-01-01, source: there }
  - { model: claude-opus-4-6, input: 4, output: 20 }
`)
		const table = parsePrices(text, "c")
		expect([table.asOf, priceOf("claude-opus-4-6", table)?.output]).toEqual(["2026-11-30", 20])
	})

	it("changes nothing the second time", () => {
		const once = renewed("prices: [{ model: claude-opus-4-6, input: 4, output: 20 }]").text
		const twice = renew(parsePriceFile(once, "a"), parsePriceFile(once, "b"), origin)
		expect(twice.changes).toEqual([])
		expect(renderPrices(twice.table, once)).toBe(once)
	})

	it("reads LiteLLM's table, of which only Anthropic's own prices count", () => {
		const litellm = {
			sample_spec: { mode: "chat" },
			"claude-opus-4-6-20260101": {
				litellm_provider: "anthropic",
				input_cost_per_token: 3e-6,
				output_cost_per_token: 1.5e-5,
				cache_creation_input_token_cost: 3.75e-6,
				cache_creation_input_token_cost_above_1hr: 6e-6,
				cache_read_input_token_cost: 3e-7,
				input_cost_per_token_above_200k_tokens: 6e-6,
				output_cost_per_token_above_200k_tokens: 2.25e-5,
			},
			"eu.anthropic.claude-opus-4-5": {
				litellm_provider: "bedrock",
				input_cost_per_token: 1,
				output_cost_per_token: 1,
			},
		}
		const { changes } = renewed(JSON.stringify(litellm))
		expect(changes.map(({ after }) => after)).toEqual([
			{
				model: "claude-opus-4-6",
				input: 3,
				output: 15,
				cache_write_5m: 3.75,
				cache_write_1h: 6,
				cache_read: 0.3,
				above: { tokens: 200_000, input: 6, output: 22.5 },
			},
		])
	})

	it.each([
		["a page", "<html></html>"],
		["no prices", "{}"],
		["an empty list", "prices: []"],
		["a negative price", "prices: [{ model: a, input: -1, output: 1 }]"],
		["an entry without a model", "prices: [{ input: 1, output: 1 }]"],
	])("refuses %s", (_, text) => {
		expect(() => renewed(text)).toThrow("The price table is not usable")
	})
})
