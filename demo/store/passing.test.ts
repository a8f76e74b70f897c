import { describe, expect, it } from "vitest"
import { isPassing } from "./passing.ts"

const failed = (code: string) => Object.assign(new Error("refused"), { code })

describe("a failure of the database", () => {
	it.each(["57P01", "57P03", "08006", "53300", "40001", "ECONNREFUSED", "28P01", "3D000"])(
		"passes when it is %s",
		(code) => {
			expect(isPassing(failed(code))).toBe(true)
			expect(isPassing(new Error("Failed query", { cause: failed(code) }))).toBe(true)
		},
	)

	it.each(["23505", "42P01", "22P02", "42501"])("does not pass when it is %s", (code) => {
		expect(isPassing(failed(code))).toBe(false)
		expect(isPassing(new Error("Failed query", { cause: failed(code) }))).toBe(false)
	})

	it("passes when the driver lost its connection without a code", () => {
		expect(isPassing(new Error("Connection terminated unexpectedly"))).toBe(true)
	})

	it("is no failure of the database when it is a mistake of ours", () => {
		expect(isPassing(new TypeError("x is not a function"))).toBe(false)
		expect(isPassing("a string")).toBe(false)
	})
})
