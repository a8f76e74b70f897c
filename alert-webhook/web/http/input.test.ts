import { describe, expect, it } from "vitest"
import { z } from "zod"
import { wholeNumber } from "../../domain/input.ts"
import { parseInput } from "./input.ts"

const parse = (limit: unknown) => parseInput(z.object({ limit: wholeNumber(1, 200) }), { limit }).limit

describe("a whole number", () => {
	it("is read from a query string as from JSON", () => {
		expect([parse("7"), parse(200)]).toEqual([7, 200])
	})

	it.each(["ten", "1.5", "0", 201, "", null, {}, "1e999"])(
		"is not %j, and the error names the expected range",
		(value) => {
			expect(() => parse(value)).toThrow("limit: expected a whole number from 1 to 200")
		},
	)
})
