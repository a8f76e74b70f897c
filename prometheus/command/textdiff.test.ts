import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { textDiff } from "./textdiff.ts"

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("")

describe("a difference of two texts", () => {
	it("shows what changed with two lines around it", () => {
		expect(textDiff(text([..."abcdef"]), text([..."abcDef"]))).toBe(" b\n c\n-d\n+D\n e\n f")
	})

	it("separates changes that are far apart, in a long file too", () => {
		const before = Array.from({ length: 20_000 }, (_, i) => `line ${i}`)
		const after = before.with(1, "new").with(19_998, "last")
		expect(textDiff(text(before), text(after))).toBe(
			[
				...[" line 0", "-line 1", "+new", " line 2", " line 3", "@@"],
				...[" line 19996", " line 19997", "-line 19998", "+last", " line 19999"],
			].join("\n"),
		)
	})

	it("gives all lines of two long texts that have little in common", () => {
		const lines = Array.from({ length: 6_000 }, (_, i) => `line ${i}`)
		const shown = textDiff(text(lines), text(lines.map((line) => `${line}, changed`))).split("\n")
		expect(shown.filter((line) => line.startsWith("-line "))).toHaveLength(6_000)
		expect(shown.filter((line) => line.startsWith("+line "))).toHaveLength(6_000)
	})

	it("is empty for equal texts", () => {
		expect(textDiff("a\nb\n", "a\nb\n")).toBe("")
	})

	it("has as many lines gone and come as the texts differ by", () => {
		const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 })
		fc.assert(
			fc.property(lines, lines, (before, after) => {
				const shown = textDiff(text(before), text(after)).split("\n")
				const count = (sign: string) => shown.filter((line) => line.startsWith(sign)).length
				expect(count("+") - count("-")).toBe(after.length - before.length)
			}),
		)
	})
})
