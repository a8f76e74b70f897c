import { existsSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { longestFirst, slowFiles } from "../support/longest-first.ts"
import { describeSlowest } from "../support/slowest-reporter.ts"

const root = path.resolve(import.meta.dirname, "../..")

describe("files of tests that take long", () => {
	it("start before all others, the longest at the front", () => {
		const slow = new Map([
			["b", 20],
			["d", 90],
		])
		expect(longestFirst(["a", "b", "c", "d"], (file) => file, slow)).toEqual(["d", "b", "a", "c"])
	})

	it("are listed under paths that exist", () => {
		const listed = [...slowFiles().keys()]
		expect(listed.length).toBeGreaterThan(5)
		expect(listed.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
	})

	it("are printed with what they took and what the list says", () => {
		const files = Array.from({ length: 12 }, (_, i) => ({ file: `test/${i}.test.ts`, seconds: i }))
		const lines = describeSlowest(files, new Map([["test/11.test.ts", 9]])).split("\n")
		expect(lines[0]).toBe("slowest of 12 files, 66 s in all (test/slow.json):")
		expect(lines[1]).toBe("   11.0 s  test/11.test.ts, listed with 9 s")
		expect(lines.at(-1)).toBe("    2.0 s  test/2.test.ts, not listed")
	})
})
