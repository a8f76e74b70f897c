import { describe, expect, it } from "vitest"
import { renderTable, withTable } from "./stop-table.ts"

const result = (lastTool: number | undefined, lastModel: number | undefined, worked = true) => ({
	worked,
	lastTool,
	lastModel,
	modelCalls: 2,
	modelCallsBefore: 9,
	ended: undefined,
})
const cell = { version: "2.1.0", mode: "`-p`", placement: "user", brake: false } as const

describe("the table of stops", () => {
	it("has the worst try, and says plainly what runs on or did not start", () => {
		const table = renderTable(
			[
				{ ...cell, tries: [result(100, undefined), result(1_200, 400)] },
				{ ...cell, placement: "managed", tries: [result(6_000, 7_000), result(1, 1, false)] },
				{ ...cell, mode: "`--bare`", tries: [result(1, 1, false)] },
			],
			{ parallel: 1, observeMs: 8_000, loads: [1.2, 3.7] },
		)
		expect(table).toContain("the worst of 1 to 2 tries;")
		expect(table).toContain("Load average of the machine: 1 to 4.")
		expect(table.split("\n").slice(3)).toEqual([
			"| version | mode | user settings | managed settings |",
			"| --- | --- | --- | --- |",
			"| 2.1.0 | `-p` | 1.2 s / 0.4 s (9 → 2) | **runs on** / **runs on** (9 → 2, 1 of 2 tries) |",
			"| 2.1.0 | `--bare` | did not start |  |",
		])
	})

	it("replaces what is between the markers of the page, and nothing else", () => {
		const page = "a\n<!-- measured: start -->\nold\n<!-- measured: end -->\nb\n"
		expect(withTable(page, "new")).toBe("a\n<!-- measured: start -->\n\nnew\n\n<!-- measured: end -->\nb\n")
		expect(() => withTable("a", "new")).toThrow(/no markers/)
	})
})
