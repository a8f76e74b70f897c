import { describe, expect, it } from "vitest"
import { ALERTS_FILE, RECORDINGS_FILE } from "./plan.ts"
import { isTested } from "./tested.ts"

const rules = (expr: string, runbook = "http://localhost") =>
	JSON.stringify({
		groups: [
			{ name: "a", rules: [{ alert: "x", expr, labels: { severity: "info" }, annotations: { runbook_url: runbook } }] },
		],
	})
const committed = new Map<string, string>([
	[ALERTS_FILE, rules("up == 0")],
	[RECORDINGS_FILE, "groups: []"],
	["tests", "tests: []"],
])
const planned = (changed: readonly [string, string][]) =>
	isTested(new Map([...committed, ...changed]), (file) => committed.get(file) ?? null)

describe("the rule tests", () => {
	it("need not run again on the committed output, nor when only links differ", () => {
		expect(planned([])).toBe(true)
		expect(planned([[ALERTS_FILE, rules("up == 0", "http://console")]])).toBe(true)
	})

	it("run when an alert means something else, or a recording or a test differs", () => {
		expect(planned([[ALERTS_FILE, rules("up == 1")]])).toBe(false)
		expect(planned([[RECORDINGS_FILE, "groups: [{}]"]])).toBe(false)
		expect(planned([["tests", "tests: [{}]"]])).toBe(false)
		expect(planned([["new", "text"]])).toBe(false)
	})
})
