import { getEventListeners } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { ObservatoryError } from "./errors.ts"
import { within } from "./within.ts"

const never = () => new Promise<never>(() => undefined)

describe("work with a deadline", () => {
	it("gives its result, or its error", async () => {
		expect(await within({ ms: 60_000, late: "too late" }, async () => 7)).toBe(7)
		const failed = within({ ms: 60_000, late: "too late" }, () => Promise.reject(new Error("broken")))
		await expect(failed).rejects.toThrow("broken")
	})

	it("is given up when its time is over, even when it does not heed its signal", async () => {
		const late = within({ ms: 5, late: "the disk hangs" }, never)
		await expect(late).rejects.toEqual(new ObservatoryError("timeout", "the disk hangs"))
	})

	it("tells the timeout, not what work that heeds its signal throws", async () => {
		const heeds = (signal: AbortSignal) => sleep(60_000, undefined, { signal })
		await expect(within({ ms: 5, late: "the disk hangs" }, heeds)).rejects.toThrow("the disk hangs")
	})

	it("ends early with the reason of the signal from outside, which it does not hold on to", async () => {
		const outside = new AbortController()
		const ended = within({ ms: 60_000, late: "too late", signal: outside.signal }, never)
		outside.abort(new Error("stopping"))
		await expect(ended).rejects.toThrow("stopping")
		let begun = false
		const after = within({ ms: 60_000, late: "too late", signal: outside.signal }, async () => {
			begun = true
		})
		await expect(after).rejects.toThrow("stopping")
		expect(begun).toBe(false)

		const unhurt = new AbortController()
		await within({ ms: 60_000, late: "too late", signal: unhurt.signal }, async () => 7)
		expect(getEventListeners(unhurt.signal, "abort")).toEqual([])
	})
})
