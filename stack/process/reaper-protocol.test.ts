import { describe, expect, it } from "vitest"
import { addLine, dropLine, ProcessGroups } from "./reaper-protocol.ts"

const prometheus = { leader: 100, signal: "SIGTERM", graceMs: 5_000 } as const
const postgres = { leader: 200, signal: "SIGINT", graceMs: 15_000 } as const

function groupsAfter(...chunks: readonly string[]) {
	const groups = new ProcessGroups()
	for (const chunk of chunks) groups.read(chunk)
	return groups.list()
}

describe("the reaper's protocol", () => {
	it("keeps what was added and not dropped again", () => {
		expect(groupsAfter(addLine(prometheus) + addLine(postgres) + dropLine(100))).toEqual([postgres])
	})

	it("takes a leader that comes back under the same number for a new one", () => {
		expect(groupsAfter(addLine(prometheus) + dropLine(100) + addLine(prometheus))).toEqual([prometheus])
	})

	it("reads lines that arrive in pieces, and nothing from a line that was cut off", () => {
		const text = addLine(prometheus) + addLine(postgres) + dropLine(100)
		expect(groupsAfter(...text)).toEqual([postgres])
		expect(groupsAfter(`${addLine(postgres)}add 10`)).toEqual([postgres])
	})

	it("never names process 0 or 1, whose groups are everything", () => {
		expect(groupsAfter("add 0 SIGTERM 1\nadd 1 SIGTERM 1\nadd -5 SIGTERM 1\nadd x SIGTERM 1\n")).toEqual([])
	})
})
