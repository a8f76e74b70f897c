import { describe, expect, it } from "vitest"
import { cadence, seededRandom } from "./random.ts"

describe("a seeded generator", () => {
	it("gives the same numbers for the same seed, and others for another", () => {
		const numbers = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next)
		expect(numbers(7)).toEqual(numbers(7))
		expect(numbers(7)).not.toEqual(numbers(8))
	})

	it("stays within its bounds and reaches both ends", () => {
		const random = seededRandom(1)
		const drawn = new Set(Array.from({ length: 500 }, () => random.int(1, 4)))
		expect([...drawn].sort()).toEqual([1, 2, 3, 4])
	})
})

describe("a cadence", () => {
	it("returns true once every low to high calls", () => {
		const due = cadence(seededRandom(3), 20, 30)
		const hits: number[] = []
		for (let call = 1; call <= 5_000; call++) if (due()) hits.push(call)
		const gaps = hits.map((hit, index) => hit - (hits[index - 1] ?? 0))
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20)
		expect(Math.max(...gaps)).toBeLessThanOrEqual(30)
	})
})
