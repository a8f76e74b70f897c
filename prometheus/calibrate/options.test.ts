import { describe, expect, it } from "vitest"
import { readIncidents } from "./incidents.ts"
import { readOptions } from "./options.ts"

describe("the command line of calibrate", () => {
	it("reads a month at a minute's distance, and allows one false alarm a week by default", () => {
		expect(readOptions([])).toMatchObject({
			rangeMs: 30 * 86_400_000,
			stepMs: 60_000,
			target: { alarms: 1, periodMs: 7 * 86_400_000 },
			alerts: [],
			format: "text",
		})
	})

	it.each([
		["--target", "often"],
		["--target", "1/week"],
		["--range", "0s"],
		["--range", "1m"],
		["--range", "500w"],
		["--step", "1ms"],
		["--until", "yesterday"],
		["--until", "12"],
		["--format", "csv"],
		["--prometheus-url", "localhost"],
		["--alarms", "1"],
	])("refuses %s %s and says where the help is", (...args) => {
		expect(() => readOptions(args)).toThrow(
			expect.objectContaining({ code: "bad_request", advice: expect.stringContaining("--help") }),
		)
	})
})

describe("a file of incidents", () => {
	it("is read as stretches of time", () => {
		expect(readIncidents("i.yaml", "- { from: 2026-03-01T10:00:00Z, to: 2026-03-01T12:00:00+01:00 }")).toEqual([
			{ fromMs: Date.UTC(2026, 2, 1, 10), toMs: Date.UTC(2026, 2, 1, 11) },
		])
	})

	it.each([
		["from: x", "expected a list of"],
		["- { from: monday, to: tuesday }", "0.from: expected a time such as"],
		["- { from: 2026-03-01T11:00:00Z, to: 2026-03-01T10:00:00Z }", "0: it ends before it begins"],
		["- [", "Flow sequence"],
	])("that says %s is refused with what is wrong", (text, message) => {
		expect(() => readIncidents("i.yaml", text)).toThrow(message)
	})
})
