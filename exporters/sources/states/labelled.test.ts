import { describe, expect, it } from "vitest"
import { ALARMS } from "../../../test/fixtures/states/case.ts"
import { FAULTY } from "../../../test/fixtures/states/faulty.ts"
import { INNOCENT } from "../../../test/fixtures/states/innocent.ts"
import { play, precision, recall, type Score, score, total, type Verdict } from "../../../test/fixtures/states/score.ts"

const none: Score = { cases: 0, found: 0, wrong: 0 }

describe("the states of the labelled sessions", () => {
	const scores = score([...INNOCENT, ...FAULTY].map(play))

	it("are of enough sessions of each kind", () => {
		const names = [...INNOCENT, ...FAULTY].map(({ name }) => name)
		expect(new Set(names).size).toBe(names.length)
		expect(INNOCENT.length).toBeGreaterThanOrEqual(30)
		expect(FAULTY.length).toBeGreaterThanOrEqual(30)
		for (const alarm of ALARMS) expect(scores.get(alarm)?.cases, alarm).toBeGreaterThanOrEqual(10)
	})

	it("have a precision of at least 95 % and a recall of at least 90 %", () => {
		const all = total(scores.values())
		expect(precision(all)).toBeGreaterThanOrEqual(0.95)
		expect(recall(all)).toBeGreaterThanOrEqual(0.9)
	})

	it.each(ALARMS)("are right often enough for %s alone", (alarm) => {
		const one = scores.get(alarm) ?? none
		expect(precision(one)).toBeGreaterThanOrEqual(0.9)
		expect(recall(one)).toBeGreaterThanOrEqual(0.85)
	})

	it("score what is missed and what is false", () => {
		const verdicts: Verdict[] = [
			{ name: "a", label: "looping", final: "hung", raised: new Set(["hung"]) },
			{ name: "b", label: "innocent", final: "working", raised: new Set() },
		]
		expect(score(verdicts).get("looping")).toEqual({ cases: 1, found: 0, wrong: 0 })
		expect(score(verdicts).get("hung")).toEqual({ cases: 0, found: 0, wrong: 1 })
	})
})
