import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { listTranscripts, ownerOf, readChunk } from "./files.ts"

let folder = ""
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-transcripts-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe("transcript files", () => {
	it("are found with the session of their path", async () => {
		mkdirSync(path.join(folder, "-home-dev/abc/subagents"), { recursive: true })
		for (const file of ["abc.jsonl", "abc/subagents/agent-1.jsonl", "notes.txt"])
			writeFileSync(path.join(folder, "-home-dev", file), "{}\n")
		const found = await listTranscripts([folder, path.join(folder, "absent")])
		expect(found.map(({ session, subagent }) => [session, subagent]).sort()).toEqual([
			["abc", false],
			["abc", true],
		])
		expect(ownerOf("/p/subagents.jsonl")).toEqual({ session: "subagents", subagent: false })
	})

	it("are read in whole lines; an unfinished one waits", async () => {
		const file = path.join(folder, "a.jsonl")
		writeFileSync(file, 'one\ntwo\n{"unfin')
		const first = await readChunk(file, 0)
		expect(first).toMatchObject({ lines: ["one", "two"], readTo: 8, atEnd: true })
		expect(await readChunk(file, first.readTo)).toMatchObject({ lines: [], readTo: 8 })
		appendFileSync(file, 'ished"}\nthree\n')
		expect(await readChunk(file, first.readTo)).toMatchObject({ lines: ['{"unfinished"}', "three"] })
	})

	it("are read in chunks that lose no line, whatever their size", async () => {
		const file = path.join(folder, "a.jsonl")
		const lines = Array.from({ length: 50 }, (_, i) => `line ${i} äöü`)
		writeFileSync(file, `${lines.join("\n")}\n`)
		for (const size of [20, 33, 64, 10_000]) {
			const read: string[] = []
			for (let at = 0, end = false; !end; ) {
				const chunk = await readChunk(file, at, size)
				read.push(...chunk.lines)
				at = chunk.readTo
				end = chunk.atEnd
			}
			expect(read).toEqual(lines)
		}
	})

	it("have lines that are too long skipped and counted", async () => {
		const file = path.join(folder, "a.jsonl")
		writeFileSync(file, `${"x".repeat(100)}\nshort\n`)
		const chunk = await readChunk(file, 0, 16)
		expect(chunk).toMatchObject({ lines: [], tooLong: 1, readTo: 101 })
		expect((await readChunk(file, chunk.readTo, 16)).lines).toEqual(["short"])
	})
})
