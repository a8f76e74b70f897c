import { describe, expect, it } from "vitest"
import { manualClock } from "../../../core/lib/clock.ts"
import { Budget } from "./budget.ts"
import { Lines } from "./lines.ts"

const MIB = 1024 * 1024

describe("Lines", () => {
	it("joins the parts of a line, also within a character", () => {
		const lines = new Lines()
		const found: string[] = []
		for (const byte of Buffer.from("größe\n\nnext")) lines.push(Buffer.from([byte]), (line) => found.push(line) > 0)
		expect(found).toEqual(["größe", ""])
	})

	it("refuses a line that does not end", () => {
		const lines = new Lines()
		const part = Buffer.alloc(MIB, "x")
		const accepted = Array.from({ length: 12 }, () => lines.push(part, () => true))
		expect(accepted).toEqual([...Array(10).fill(true), false, false])
	})
})

describe("Budget", () => {
	it("allows a burst, and then what time has brought", () => {
		const clock = manualClock(0)
		const budget = new Budget(10, 2, clock)
		expect(budget.use(10)).toBe(true)
		expect(budget.use(1)).toBe(false)
		clock.advance(2_000)
		expect(budget.use(3)).toBe(true)
		clock.advance(60_000)
		expect(budget.use(10)).toBe(true)
		expect(budget.use(1)).toBe(false)
	})
})
