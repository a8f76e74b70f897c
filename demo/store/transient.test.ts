import { describe, expect, it } from "vitest"
import { isTransient } from "./transient.ts"

const failed = (code: string) => Object.assign(new Error("refused"), { code })

describe("a failure of the database", () => {
	it.each(["57P01", "57P03", "08006", "53300", "40001", "ECONNREFUSED", "28P01", "3D000"])(
		"is transient with code %s",
		(code) => {
			expect(isTransient(failed(code))).toBe(true)
			expect(isTransient(new Error("Failed query", { cause: failed(code) }))).toBe(true)
		},
	)

	it.each(["23505", "42P01", "22P02", "42501"])("is permanent with code %s", (code) => {
		expect(isTransient(failed(code))).toBe(false)
		expect(isTransient(new Error("Failed query", { cause: failed(code) }))).toBe(false)
	})

	it("is transient when the driver lost its connection without a code", () => {
		expect(isTransient(new Error("Connection terminated unexpectedly"))).toBe(true)
	})

	it("is no failure of the database if our own code throws", () => {
		expect(isTransient(new TypeError("x is not a function"))).toBe(false)
		expect(isTransient("a string")).toBe(false)
	})
})
