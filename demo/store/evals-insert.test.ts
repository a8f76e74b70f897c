import { describe, expect, it } from "vitest"
import { utc } from "./evals-insert.ts"

describe("a column without zone", () => {
	it("stores UTC, whatever the time zone of the process", () => {
		expect(utc(new Date(Date.UTC(2026, 2, 29, 1, 30, 5, 7)))).toBe("2026-03-29 01:30:05.007")
	})
})
