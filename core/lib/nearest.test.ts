import { describe, expect, it } from "vitest"
import { nearest } from "./nearest.ts"

describe("the nearest name", () => {
	it.each([
		["failureRat", ["failureRate", "failed"], "failureRate"],
		["slakc-ops", ["slack-ops", "slack-dev"], "slack-ops"],
		["FAILED", ["failed"], "failed"],
		["entirely different", ["failed", "total"], undefined],
		["", ["failed"], undefined],
	])("to %s among %j is %s", (name, known, expected) => {
		expect(nearest(name, known)).toBe(expected)
	})
})
