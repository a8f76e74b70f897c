import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { costOf, defaultPriceFile, parsePrices, priceOf } from "./prices.ts"

const table = parsePrices(readFileSync(defaultPriceFile(), "utf8"), "prices.yaml")
const none = { input: 0, output: 0, cacheRead: 0, cacheCreation: 0, cacheWrite5m: 0, cacheWrite1h: 0 }

describe("the price table", () => {
	it("gives Claude Code's own cost estimate of the captured session", () => {
		const price = priceOf("claude-opus-4-8", table)
		expect(price && costOf({ ...none, input: 240, output: 84, cacheRead: 100, cacheCreation: 60 }, price)).toBeCloseTo(
			0.003725,
			9,
		)
	})

	it("bills cache writes by their lifetime", () => {
		const price = { input: 1, output: 1, cacheWrite5m: 10, cacheWrite1h: 20, cacheRead: 1 }
		const written = { ...none, cacheCreation: 3_000_000, cacheWrite5m: 1_000_000, cacheWrite1h: 2_000_000 }
		expect(costOf(written, price)).toBe(10 + 40)
	})

	it("uses the longest entry that a model's name starts with", () => {
		expect(priceOf("claude-opus-4-5-20251101", table)?.input).toBe(5)
		expect(priceOf("claude-opus-4-20250514", table)?.input).toBe(15)
		expect(priceOf("gpt-x", table)).toBeUndefined()
	})

	it("reports the place of an error in a table", () => {
		expect(() => parsePrices("prices:\n  - {model: a, input: cheap, output: 1}", "p.yaml")).toThrow(
			/p\.yaml: prices\.0\.input: expected a number of dollars/,
		)
		expect(() => parsePrices("prices: [", "p.yaml")).toThrow(/p\.yaml:1:\d+:/)
	})
})
