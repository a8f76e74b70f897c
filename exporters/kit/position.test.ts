import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { advance, expire, fill, type Gap, GRACE_MS, gapReads, MAX_GAPS, START } from "./position.ts"

const gap = (from: number, to: number, seenAt = 0): Gap => ({ from, to, seenAt })
const moment = (now: number, xmin: number, xmax: number) => ({ now, xmin: String(xmin), xmax: String(xmax) })

describe("advancing over numbers", () => {
	it("remembers what was skipped, from the first number on", () => {
		expect(advance(START, [2, 3, 6], 7)).toEqual({ high: 6, gaps: [gap(1, 1, 7), gap(4, 5, 7)], cursor: 0 })
	})

	it("keeps a bounded number of gaps, giving up the lowest", () => {
		const { gaps } = advance(
			START,
			Array.from({ length: MAX_GAPS + 10 }, (_, i) => 2 * i + 2),
			0,
		)
		expect(gaps).toHaveLength(MAX_GAPS)
		expect(gaps[0]).toEqual(gap(21, 21))
	})
})

describe("filling gaps", () => {
	it("splits a gap around the rows that came", () => {
		expect(fill([gap(1, 5), gap(9, 9), gap(11, 20)], [1, 3, 9, 20])).toEqual([gap(2, 2), gap(4, 5), gap(11, 19)])
	})

	it("leaves exactly the numbers that were never seen, whatever the order of arrival", () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), fc.nat(5), (numbers, size) => {
				let position = START
				for (let i = 0; i < numbers.length; i += size + 1) {
					const batch = numbers.slice(i, i + size + 1).sort((a, b) => a - b)
					const late = batch.filter((seq) => seq <= position.high)
					const gaps = fill(position.gaps, late)
					position = advance(
						{ ...position, gaps },
						batch.filter((seq) => seq > position.high),
						0,
					)
				}
				const missing = position.gaps.flatMap(({ from, to }) =>
					Array.from({ length: to - from + 1 }, (_, i) => from + i),
				)
				const all = Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1)
				expect(missing.sort((a, b) => a - b)).toEqual(all.filter((seq) => !numbers.includes(seq)))
			}),
		)
	})
})

describe("expiring gaps", () => {
	it("waits for the grace period, then for every transaction that had started by its end", () => {
		let gaps = [gap(4, 4, 0)]
		gaps = expire(gaps, moment(GRACE_MS - 1, 100, 110))
		expect(gaps).toEqual([gap(4, 4, 0)])
		gaps = expire(gaps, moment(GRACE_MS, 100, 112))
		expect(gaps).toEqual([{ ...gap(4, 4, 0), fence: "112" }])
		gaps = expire(gaps, moment(GRACE_MS + 1, 111, 120))
		expect(gaps).toHaveLength(1)
		expect(expire(gaps, moment(GRACE_MS + 2, 112, 120))).toEqual([])
	})

	it("compares transaction ids as the 64-bit numbers that they are", () => {
		const old = { ...gap(1, 1), fence: "9007199254740993" }
		expect(expire([old], { now: 1, xmin: "9007199254740992", xmax: "9007199254740999" })).toEqual([old])
	})

	it("gives up after a day, as when the source was replaced by another server", () => {
		expect(expire([{ ...gap(1, 1), fence: "999999" }], moment(86_400_001, 5, 6))).toEqual([])
	})
})

describe("reading gaps", () => {
	it("asks for short ones number by number and for long ones as ranges", () => {
		expect(gapReads([gap(2, 4), gap(10, 500)])).toEqual({ numbers: [2, 3, 4], ranges: [gap(10, 500)] })
	})
})
