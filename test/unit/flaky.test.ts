import { describe, expect, it } from "vitest"
import { judgeFlaky, parseFlaky } from "../support/flaky.ts"

const NOW = new Date("2026-12-01T00:00:00Z")
const entry = (since: string, reason = "Alertmanager starts slowly on a busy machine.") => ({
	file: "test/integration/stack.test.ts",
	reason,
	since,
})

describe("tests that pass in the second try only", () => {
	it("fail the run unless their file is listed", () => {
		const listed = parseFlaky(JSON.stringify([entry("2026-11-01")]), NOW)
		expect(judgeFlaky(["test/integration/stack.test.ts", "test/integration/mcp.test.ts"], listed)).toEqual({
			failing: ["test/integration/mcp.test.ts"],
			tolerated: ["test/integration/stack.test.ts"],
		})
	})

	it("stay listed for 60 days, with a reason", () => {
		expect(() => parseFlaky(JSON.stringify([entry("2026-09-01")]), NOW)).toThrow("60 days are over")
		expect(() => parseFlaky(JSON.stringify([entry("2026-11-01", "slow")]), NOW)).toThrow("expected the reason")
	})
})
