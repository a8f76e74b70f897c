import { describe, expect, it } from "vitest"
import { type Position, START } from "./position.ts"
import { type Newest, remember, restartAfter, restartOf } from "./restart.ts"

/** A position after polls that each saw the given newest row, at the time of its key. */
function polled(polls: readonly (readonly [now: number, newest: Newest | undefined, high: number])[]): Position {
	let position = START
	for (const [now, newest, high] of polls) {
		const checked = position.high > 0 ? newest : undefined
		position = remember({ ...position, high }, { checked, last: newest, storage: "a", now })
	}
	return position
}
const row = (seq: number, born: number | null): Newest => ({ seq, born })

/** 100 rows were read, the last one born at 50, and its time has not changed at the second poll. */
const read = polled([
	[60, row(100, 50), 100],
	[75, row(100, 50), 100],
])

describe("numbers that begin again", () => {
	it("are noticed by rows that came into being after the last poll, under numbers that were read", () => {
		expect(restartOf(read, row(5, 80), "a")).toEqual({ after: undefined, readAt: 75 })
		expect(restartOf(read, row(100, 80), "b")).toEqual({ after: undefined, readAt: 75 })
	})

	it("are noticed by rows above an end that an earlier poll saw, whatever their time", () => {
		const fallen = remember(read, { checked: row(90, 40), last: row(90, 40), storage: "b", now: 90 })
		expect(restartOf(fallen, row(90, 40), "b")).toBeUndefined()
		expect(restartOf(fallen, row(92, null), "b")).toEqual({ after: 90, readAt: 90 })
		const emptied = remember(read, { checked: undefined, last: undefined, storage: "b", now: 90 })
		expect(restartOf(emptied, row(1, null), "b")).toEqual({ after: 0, readAt: 90 })
	})

	it.each([
		["the same row", read, row(100, 50), "a"],
		["another time in the same table, which is a change of the row", read, row(100, 80), "a"],
		["the last row deleted", read, row(99, 49), "a"],
		["all rows deleted", read, undefined, "a"],
		["the table rewritten", read, row(99, 49), "b"],
		["nothing read yet", START, row(5, 80), "a"],
		["a position that an earlier release stored", { ...START, high: 100 }, row(5, 80), "a"],
		[
			"times that change from poll to poll",
			polled([
				[60, row(100, 60), 100],
				[75, row(100, 75), 100],
			]),
			row(5, 80),
			"b",
		],
		[
			"times ahead of the source's clock",
			polled([
				[60, row(100, 62), 100],
				[75, row(100, 62), 100],
			]),
			row(99, 76),
			"b",
		],
		["a late row in a gap", { ...read, gaps: [{ from: 98, to: 98, seenAt: 1 }] }, row(98, 80), "a"],
	] as const)("are not seen in %s", (_, position, newest, storage) => {
		expect(restartOf(position, newest, storage)).toBeUndefined()
	})

	it("are counted on after the last row that was read, without the gaps and the turn of the old ones", () => {
		const gaps = [
			{ from: 3, to: 4, seenAt: 1 },
			{ from: 9, to: 12, seenAt: 1 },
			{ from: 50, to: 60, seenAt: 1 },
		]
		expect(restartAfter({ ...read, gaps, cursor: 70 }, 10, 99)).toEqual({
			high: 10,
			gaps: [gaps[0], { from: 9, to: 10, seenAt: 1 }],
			cursor: 0,
			steady: true,
			restarts: 1,
			restartedAt: 99,
		})
	})
})
