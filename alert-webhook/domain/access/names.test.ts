import { describe, expect, it } from "vitest"
import { personName, skeletonOf } from "./names.ts"

const problem = (name: string) => personName.safeParse(name).error?.issues[0]?.message

describe("a person's name", () => {
	it.each(["Ada", "Zoë Müller-O'Neil", "سارة", "Иван Петров", "山田 さくら", "김 철수", "Ελένη", "ci-bot 2", "अनिल"])(
		"may be %s",
		(name) => {
			expect(problem(name)).toBeUndefined()
		},
	)

	it.each([
		["Ada\u200B", "U+200B"],
		["A\u00ADda", "U+00AD"],
		["Ada\u202E", "U+202E"],
		["Ada\u{E0041}", "U+E0041"],
		["Ada\u3164", "U+1160"],
		["Ada\u001b[1m", "U+001B"],
		["\u0410da", "Cyrillic and Latin"],
		["Ad\u03B1", "Latin and Greek"],
		["\u2014", "expected the person's name"],
		[" ", "expected the person's name"],
		["x".repeat(65), "64"],
	])("cannot be %j", (name, expected) => {
		expect(problem(name)).toContain(expected)
	})

	it("has one spelling", () => {
		expect(personName.parse("  Ａｄａ \u00A0 Zoe\u0308 ")).toBe("Ada Zoë")
	})

	it("looks like one in other letters, in another case, or with digits for letters", () => {
		for (const alike of ["ADA", "ada", "\u0410da", "Ａｄａ"]) expect(skeletonOf(alike)).toBe(skeletonOf("Ada"))
		expect(skeletonOf("\u0430\u0441\u0435")).toBe(skeletonOf("ace"))
		expect(skeletonOf("B0b 1ee")).toBe(skeletonOf("Bob lee"))
		expect(skeletonOf("Ädä")).not.toBe(skeletonOf("Ada"))
	})
})
