import { describe, expect, it } from "vitest"
import { addLine, chargesAfter, dropLine } from "./guardian-protocol.ts"

const prometheus = { leader: 100, signal: "SIGTERM", graceMs: 5_000 } as const
const postgres = { leader: 200, signal: "SIGINT", graceMs: 15_000 } as const

describe("the guardian's protocol", () => {
	it("keeps what was added and not dropped again", () => {
		expect(chargesAfter(addLine(prometheus) + addLine(postgres) + dropLine(100))).toEqual([postgres])
	})

	it("takes a leader that comes back under the same number for a new one", () => {
		expect(chargesAfter(addLine(prometheus) + dropLine(100) + addLine(prometheus))).toEqual([prometheus])
	})

	it("does nothing on a line that was cut off: 10 may have been meant as 100", () => {
		expect(chargesAfter(`${addLine(postgres)}add 10`)).toEqual([postgres])
	})

	it("never names process 0 or 1, whose groups are everything", () => {
		expect(chargesAfter("add 0 SIGTERM 1\nadd 1 SIGTERM 1\nadd -5 SIGTERM 1\nadd x SIGTERM 1\n")).toEqual([])
	})
})
