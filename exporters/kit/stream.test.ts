import { expect, it } from "vitest"
import { highWaterMark } from "./stream.ts"

it.each([
	[Number.NaN, 3],
	[null, 3],
	[Number.POSITIVE_INFINITY, 3],
	[4, 4],
])("the high-water mark of 3 and %s is %d", (seen, expected) => {
	expect(highWaterMark(3, seen)).toBe(expected)
})
