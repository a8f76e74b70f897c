import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { textDiff } from "./textdiff.ts"

describe("a difference of two texts", () => {
	it("shows what changed with two lines around it", () => {
		expect(textDiff("a\nb\nc\nd\ne\nf", "a\nb\nc\nD\ne\nf")).toBe(" b\n c\n-d\n+D\n e\n f")
	})

	it("is empty for equal texts", () => {
		expect(textDiff("a\nb", "a\nb")).toBe("")
	})

	it("has as many lines gone and come as the texts differ by", () => {
		const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 12 })
		fc.assert(
			fc.property(text, text, (before, after) => {
				const lines = textDiff(before.join("\n"), after.join("\n")).split("\n")
				const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length
				expect(count("+") - count("-")).toBe(after.length - before.length)
			}),
		)
	})
})
