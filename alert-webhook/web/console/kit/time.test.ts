import { expect, it } from "vitest"
import { span } from "./time.ts"

it.each([
	[-5_000, "0 s"],
	[59_999, "59 s"],
	[60_000, "1 min"],
	[3_599_000, "59 min"],
	[3_600_000, "1 h"],
	[7_800_000, "2 h 10 min"],
	[86_400_000, "1 d"],
	[4.5 * 86_400_000, "4 d 12 h"],
])("says %d ms as %s", (ms, text) => {
	expect(span(ms)).toBe(text)
})
