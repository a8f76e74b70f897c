import { describe, expect, it } from "vitest"
import { describeFlaky, parseFlaky, sortFlaky } from "../support/flaky.ts"

const NOW = new Date("2026-12-01T00:00:00Z")
const STACK = "test/integration/stack.test.ts"
const entry = (since: string, reason = "Alertmanager starts slowly on a busy machine.") => ({
	file: STACK,
	reason,
	since,
})
const parse = (entries: readonly object[], exists = true) => parseFlaky(JSON.stringify(entries), NOW, () => exists)

describe("tests that pass in the second try only", () => {
	it("fail the run unless their file is listed", () => {
		expect(sortFlaky([STACK, "test/integration/mcp.test.ts"], parse([entry("2026-11-01")]))).toEqual({
			failing: ["test/integration/mcp.test.ts"],
			tolerated: [STACK],
		})
	})

	it("stay listed for 60 days, with a reason", () => {
		expect(parse([entry("2026-10-02")])).toHaveLength(1)
		expect(() => parse([entry("2026-10-01")])).toThrow("60 days have passed")
		expect(() => parse([entry("2026-11-01", "slow")])).toThrow("expected the reason")
	})

	it("are listed once, and only while their file exists", () => {
		expect(() => parse([entry("2026-11-01")], false)).toThrow(`there is no file ${STACK}`)
		expect(() => parse([entry("2026-11-01"), entry("2026-11-02")])).toThrow("listed twice")
		expect(() => parse([entry("2026-09-01")], false)).toThrow(/60 days have passed\n.*there is no file/)
	})

	it("are printed with the reason, the day they were listed and the day they expire", () => {
		expect(describeFlaky(parse([entry("2026-11-01")]))).toBe(
			`flaky: ${STACK}, listed from 2026-11-01 until 2026-12-31: Alertmanager starts slowly on a busy machine.`,
		)
		expect(describeFlaky([])).toBe("flaky: test/flaky.json lists no file")
	})
})
