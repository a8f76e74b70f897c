import { expect, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { Attempts } from "./attempts.ts"

it("finds failures of one address too many until the window is over, and leaves other addresses alone", () => {
	const clock = manualClock()
	const attempts = new Attempts(clock, 2, 1_000)
	expect([1, 2, 3].map(() => attempts.failed("a"))).toEqual([false, false, true])
	expect(attempts.failed("b")).toBe(false)
	clock.advance(1_000)
	expect(attempts.failed("a")).toBe(false)
})
