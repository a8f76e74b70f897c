import { expect, it } from "vitest"
import { roughly, written } from "./report.ts"

it.each([
	[0.62, "ratio", "62%"],
	[40, "usd", "$40"],
	[0.25, "seconds", "250ms"],
	[90, "seconds", "1m30s"],
	[2.1e9, "bytes", "2.1GB"],
	[512, "bytes", "512"],
	[0.07 * 100, "count", "7"],
	[3, undefined, "3"],
] as const)("the threshold %d of a %s is written as a condition has it: %s", (value, quantity, text) => {
	expect(written(value, quantity)).toBe(text)
})

it("a duration reads by its two largest units", () => {
	expect([roughly(90_061_000), roughly(65_000), roughly(0)]).toEqual(["1d1h", "1m5s", "0s"])
})
