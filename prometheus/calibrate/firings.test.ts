import { describe, expect, it } from "vitest"
import { firings, type Timeline, tally } from "./firings.ts"

const MINUTE = 60_000
/** One character a minute: `#` where the condition holds. */
function fired(drawn: string, forMs: number, keepFiringMs = 0) {
	const timeline: Timeline = { startMs: 0, stepMs: MINUTE, length: drawn.length }
	return firings((i) => drawn[i] === "#", timeline, { forMs, keepFiringMs })
}
const minutes = (drawn: string, forMs: number, keepFiringMs = 0) =>
	fired(drawn, forMs, keepFiringMs).map(({ fromMs, toMs, open }) => `${fromMs / MINUTE}-${open ? "" : toMs / MINUTE}`)

describe("an alert", () => {
	it("without a duration fires at the first instant and ends at the first without its condition", () => {
		expect(minutes(".##..#.", 0)).toEqual(["1-3", "5-6"])
	})

	it("fires at the instant at which its duration ends, not one sooner", () => {
		expect(minutes(".###.", 3 * MINUTE)).toEqual([])
		expect(minutes(".####.", 3 * MINUTE)).toEqual(["4-5"])
	})

	it("restarts its duration after an instant without the condition", () => {
		expect(minutes(".###.###.", 2 * MINUTE)).toEqual(["3-4", "7-8"])
	})

	it("continues across gaps shorter than keep_firing_for, and ends at one of that length", () => {
		expect(minutes("##..##...#.", 0, 3 * MINUTE)).toEqual(["0-"])
		expect(minutes("##..##....#", 0, 3 * MINUTE)).toEqual(["0-9", "10-"])
	})

	it("that never fired is not kept firing", () => {
		expect(minutes("##.##.##.", 2 * MINUTE, 5 * MINUTE)).toEqual([])
	})

	it("is counted with how long it fired, at most and in all, and whether it still does", () => {
		expect(tally(fired(".##..####", 0))).toEqual({
			count: 2,
			totalMs: 6 * MINUTE,
			longestMs: 4 * MINUTE,
			open: 1,
		})
	})
})
