import { describe, expect, it } from "vitest"
import { restartDelay } from "./restart-policy.ts"

describe("restarting", () => {
	it("waits one second at first and twice as long each time, up to a quarter of a minute", () => {
		expect(restartDelay([0])).toBe(1_000)
		expect(restartDelay([0, 2_000])).toBe(2_000)
		expect(restartDelay([0, 2_000, 5_000])).toBe(4_000)
		expect(restartDelay([0, 2_000, 5_000, 10_000])).toBe(8_000)
		expect(restartDelay([0, 2_000, 5_000, 10_000, 20_000])).toBe(15_000)
	})

	it("gives up after the fifth end in two minutes", () => {
		expect(restartDelay([0, 2_000, 5_000, 10_000, 20_000, 36_000])).toBeUndefined()
	})

	it("forgets ends that are more than two minutes ago", () => {
		expect(restartDelay([0, 1_000, 2_000, 3_000, 4_000, 130_000])).toBe(1_000)
	})
})
