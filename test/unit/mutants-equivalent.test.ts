import { describe, expect, it } from "vitest"
import { equivalence } from "../mutants/equivalent.ts"
import { mutantsOf } from "../mutants/mutate.ts"

/** The faults in a rule that alert as the rule does. */
const equivalents = (expr: string, lasting?: string) => {
	const rule = { alert: "a", expr, ...(lasting !== undefined && { for: lasting }) }
	return mutantsOf(rule)
		.filter((mutant) => equivalence(rule, mutant) !== undefined)
		.map(({ kind, change }) => `${kind} ${change}`)
}

describe("equivalent mutants", () => {
	it("are durations that end at the same evaluation", () => {
		expect(equivalents("x > 5", "15s")).toEqual(["for for: 15s → 7s500ms"])
		expect(equivalents("x > 5", "1m")).toEqual([])
	})

	it("are other numbers of which a vector is made", () => {
		expect(equivalents("vector(1)")).toEqual(["threshold 1 → 1.5 at 7", "threshold 1 → 0.5 at 7"])
	})

	it("are limits between the same two whole numbers, of a count alone", () => {
		expect(equivalents("count(min by (c) (x) == 0) > 1")).toEqual(["threshold 1 → 1.5 at 29"])
		expect(equivalents("count(x) / sum(y) > 1")).toEqual([])
		expect(equivalents("count(x) >= 1")).toEqual([])
		expect(equivalents("sum(x) > 1")).toEqual([])
	})

	it("are seconds beside the time, fewer than lie between two evaluations", () => {
		expect(equivalents("time() - (max(x) or 0 * max(y == 1)) > 120")).toEqual([
			"threshold 0 → 1 at 20",
			"threshold 0 → -1 at 20",
		])
		expect(equivalents("x - (max(x) or 0 * max(y)) > 120")).toEqual([])
	})

	it("are limits that something interpolated is exactly at", () => {
		expect(equivalents("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) > 10")).toEqual([
			"operator > → >= at 60",
		])
		expect(equivalents("max(x) > 10")).toEqual([])
	})
})
