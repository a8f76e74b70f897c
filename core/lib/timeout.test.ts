import { getEventListeners } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { ObservatoryError } from "./errors.ts"
import { withTimeout } from "./timeout.ts"

const never = () => new Promise<never>(() => undefined)

describe("work with a deadline", () => {
	it("returns its result, or its error", async () => {
		expect(await withTimeout({ ms: 60_000, message: "too late" }, async () => 7)).toBe(7)
		const failed = withTimeout({ ms: 60_000, message: "too late" }, () => Promise.reject(new Error("broken")))
		await expect(failed).rejects.toThrow("broken")
	})

	it("times out, even if it ignores its signal", async () => {
		const late = withTimeout({ ms: 5, message: "the disk hangs" }, never)
		await expect(late).rejects.toEqual(new ObservatoryError("timeout", "the disk hangs"))
	})

	it("rejects with the timeout, not with the error of work that obeys its signal", async () => {
		const obeys = (signal: AbortSignal) => sleep(60_000, undefined, { signal })
		await expect(withTimeout({ ms: 5, message: "the disk hangs" }, obeys)).rejects.toThrow("the disk hangs")
	})

	it("ends early with the reason of the caller's signal, and leaves no listener on it", async () => {
		const outside = new AbortController()
		const ended = withTimeout({ ms: 60_000, message: "too late", signal: outside.signal }, never)
		outside.abort(new Error("stopping"))
		await expect(ended).rejects.toThrow("stopping")
		let started = false
		const after = withTimeout({ ms: 60_000, message: "too late", signal: outside.signal }, async () => {
			started = true
		})
		await expect(after).rejects.toThrow("stopping")
		expect(started).toBe(false)

		const unhurt = new AbortController()
		await withTimeout({ ms: 60_000, message: "too late", signal: unhurt.signal }, async () => 7)
		expect(getEventListeners(unhurt.signal, "abort")).toEqual([])
	})
})

it("lets any number of requests wait for the signal of a piece of work, without a warning", async () => {
	const warnings: string[] = []
	const note = (warning: Error) => void warnings.push(warning.name)
	process.on("warning", note)
	onTestFinished(() => void process.off("warning", note))
	await withTimeout({ ms: 5_000, message: "late" }, async (signal) => {
		for (let i = 0; i < 50; i++) signal.addEventListener("abort", () => undefined)
	})
	// Node reports a warning in the next turn of its event loop.
	await sleep(0)
	expect(warnings).toEqual([])
})
