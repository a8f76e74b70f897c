import { getEventListeners } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { ObservatoryError } from "./errors.ts"
import { withTimeout } from "./timeout.ts"

const never = () => new Promise<never>(() => undefined)

describe("work with a deadline", () => {
	it("gives its result, or its error", async () => {
		expect(await withTimeout({ ms: 60_000, message: "too late" }, async () => 7)).toBe(7)
		const failed = withTimeout({ ms: 60_000, message: "too late" }, () => Promise.reject(new Error("broken")))
		await expect(failed).rejects.toThrow("broken")
	})

	it("is given up when its time is over, even when it does not heed its signal", async () => {
		const late = withTimeout({ ms: 5, message: "the disk hangs" }, never)
		await expect(late).rejects.toEqual(new ObservatoryError("timeout", "the disk hangs"))
	})

	it("tells the timeout, not what work that heeds its signal throws", async () => {
		const heeds = (signal: AbortSignal) => sleep(60_000, undefined, { signal })
		await expect(withTimeout({ ms: 5, message: "the disk hangs" }, heeds)).rejects.toThrow("the disk hangs")
	})

	it("ends early with the reason of the signal from outside, which it does not hold on to", async () => {
		const outside = new AbortController()
		const ended = withTimeout({ ms: 60_000, message: "too late", signal: outside.signal }, never)
		outside.abort(new Error("stopping"))
		await expect(ended).rejects.toThrow("stopping")
		let begun = false
		const after = withTimeout({ ms: 60_000, message: "too late", signal: outside.signal }, async () => {
			begun = true
		})
		await expect(after).rejects.toThrow("stopping")
		expect(begun).toBe(false)

		const unhurt = new AbortController()
		await withTimeout({ ms: 60_000, message: "too late", signal: unhurt.signal }, async () => 7)
		expect(getEventListeners(unhurt.signal, "abort")).toEqual([])
	})
})
