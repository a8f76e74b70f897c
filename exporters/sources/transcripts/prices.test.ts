import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { costOf, defaultPriceFile, listCost, parsePrices, priceOf } from "./prices.ts"

const table = parsePrices(readFileSync(defaultPriceFile(), "utf8"), "prices.yaml")
const none = {
	input: 0,
	output: 0,
	cacheRead: 0,
	cacheCreation: 0,
	cacheWrite5m: 0,
	cacheWrite1h: 0,
	webSearches: 0,
	speed: undefined,
	tier: undefined,
}
const MILLION = 1_000_000
const captured = { ...none, input: 240, output: 84, cacheRead: 100, cacheCreation: 60 }

describe("the shipped price table", () => {
	it.each([
		["2.1.197", "claude-opus-4-8", "result.json"],
		["2.1.332", "claude-opus-5-5", "2.1.332/result.json"],
	])("gives the cost that Claude Code %s printed for its captured session", (_, model, file) => {
		const printed = JSON.parse(
			readFileSync(path.join(import.meta.dirname, "../../../test/fixtures/claude-code", file), "utf8"),
		)
		expect(listCost(model, captured, table)).toBeCloseTo(printed.total_cost_usd, 12)
	})

	it("says of what day and from where its prices are", () => {
		expect(table.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/)
		expect(table.source).toMatch(/^https:/)
	})

	it.each([
		["us.anthropic.claude-sonnet-4-5-v1:0", 3],
		["anthropic/claude-opus-4.6", 5],
		["claude-opus-4-1@20250805", 15],
		["claude-opus-4-5-20251101", 5],
		["claude-opus-4-20250514", 15],
	])("has the price of %s", (model, input) => {
		expect(priceOf(model, table)?.input).toBe(input)
	})

	it.each(["claude-opus-4-9", "claude-opus-6", "claude-sonnet-5-7", "claude-opus-4-9-20270101", "gpt-x", "claude"])(
		"has no price for %s, whatever older version its name begins with",
		(model) => {
			expect(priceOf(model, table)).toBeUndefined()
			expect(listCost(model, captured, table)).toBeUndefined()
		},
	)
})

describe("listCost", () => {
	const rates = (text: string) => parsePrices(`prices:\n  - { model: m, input: 1, output: 10, ${text} }`, "p.yaml")

	it("multiplies by the price of fast mode, and knows no cost without one", () => {
		const fast = { ...none, input: MILLION, speed: "fast" }
		expect(listCost("m", fast, rates("fast: 6"))).toBe(6)
		expect(listCost("claude-opus-4-6", fast, table)).toBe(30)
		expect(listCost("anthropic/claude-opus-5-fast", { ...fast, speed: undefined }, table)).toBe(10)
		expect(listCost("m", fast, rates(""))).toBeUndefined()
		expect(listCost("m", { ...fast, speed: "warp" }, rates("fast: 6"))).toBeUndefined()
	})

	it("bills cache writes by their lifetime, and those without one like five minutes", () => {
		const prices = rates("cache_write_5m: 10, cache_write_1h: 20")
		const written = { ...none, cacheCreation: 3 * MILLION, cacheWrite1h: 2 * MILLION }
		expect(listCost("m", { ...written, cacheWrite5m: MILLION }, prices)).toBe(10 + 40)
		expect(listCost("m", written, prices)).toBe(10 + 40)
	})

	it("bills a long prompt by its own rates, cached tokens included", () => {
		const prices = rates("above: { tokens: 100, input: 2, output: 20 }")
		expect(listCost("m", { ...none, input: 100, output: 100 }, prices)).toBeCloseTo(1100 / MILLION, 12)
		expect(listCost("m", { ...none, input: 1, cacheRead: 100, output: 100 }, prices)).toBeCloseTo(2022 / MILLION, 12)
	})

	it("adds web searches at their own price, and halves the tokens of a batch", () => {
		expect(listCost("m", { ...none, input: MILLION, webSearches: 3 }, rates(""))).toBeCloseTo(1.03, 12)
		expect(listCost("m", { ...none, input: MILLION, webSearches: 3, tier: "batch" }, rates(""))).toBeCloseTo(0.53, 12)
	})

	it("derives cache prices from the input price where they are not given", () => {
		const price = priceOf("m", rates(""))
		const all = {
			...none,
			cacheRead: MILLION,
			cacheCreation: 2 * MILLION,
			cacheWrite5m: MILLION,
			cacheWrite1h: MILLION,
		}
		expect(price && costOf(all, price)).toBeCloseTo(0.1 + 1.25 + 2, 12)
	})
})

describe("parsePrices", () => {
	it("reports the place of an error in a table", () => {
		expect(() => parsePrices("prices:\n  - {model: a, input: cheap, output: 1}", "p.yaml")).toThrow(
			/p\.yaml: prices\.0\.input: expected a number of dollars/,
		)
		expect(() => parsePrices("prices: [", "p.yaml")).toThrow(/p\.yaml:1:\d+:/)
		expect(() => parsePrices("as_of: soon\nprices: [{model: a, input: 1, output: 1}]", "p.yaml")).toThrow(/as_of/)
	})

	it("reads a table of an earlier release, which has neither a day nor a source", () => {
		const old = parsePrices("prices:\n  - { model: claude-opus-4-5, input: 5, output: 25 }", "p.yaml")
		expect([old.asOf, old.source, priceOf("claude-opus-4-5", old)?.output]).toEqual([undefined, undefined, 25])
	})
})
