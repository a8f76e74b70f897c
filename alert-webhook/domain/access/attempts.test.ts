import { expect, it } from "vitest"
import { manualClock } from "../../../core/lib/clock.ts"
import { Attempts } from "./attempts.ts"

it("blocks an address that tries different wrong tokens until the window ends, and no other address", () => {
	const clock = manualClock()
	const attempts = new Attempts(clock, 2, 1_000)
	for (const token of ["one", "two"]) {
		expect(attempts.guesses("a")).toBe(false)
		attempts.failed("a", token)
	}
	expect([attempts.guesses("a"), attempts.guesses("b")]).toEqual([true, false])
	clock.advance(1_000)
	expect(attempts.guesses("a")).toBe(false)
	attempts.failed("a", "three")
	expect(attempts.guesses("a")).toBe(false)
})

it("does not block a program that repeats one stale token", () => {
	const attempts = new Attempts(manualClock(), 2, 1_000)
	for (let i = 0; i < 100; i++) attempts.failed("a", "stale")
	expect(attempts.guesses("a")).toBe(false)
})
