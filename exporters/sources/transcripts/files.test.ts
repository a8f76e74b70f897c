import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { listTranscripts, markOf, ownerOf, readChunk } from "./files.ts"

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
		expect(found.unreadable).toEqual([])
		expect(found.files.map(({ session, subagent }) => [session, subagent]).sort()).toEqual([
			["abc", false],
			["abc", true],
		])
	})

	it.each([
		["p/subagents.jsonl", "subagents", false],
		["p/s/subagents/a.jsonl", "s", true],
		["p/s/subagents/x/subagents/a.jsonl", "s", true],
		["subagents/a.jsonl", "a", false],
	])("belong to the session of their place below the root: %s", (relative, session, subagent) => {
		expect(ownerOf(relative)).toEqual({ session, subagent })
	})

	it("are found in a root whose own path contains the word subagents", async () => {
		const root = path.join(folder, "subagents/projects")
		mkdirSync(path.join(root, "p"), { recursive: true })
		for (const name of ["a", "b"]) writeFileSync(path.join(root, "p", `${name}.jsonl`), "{}\n")
		const { files } = await listTranscripts([root])
		expect(files.map(({ session, subagent }) => [session, subagent])).toEqual([
			["a", false],
			["b", false],
		])
	})

	it("are found beside links in circles and names that are too long; these are named", async () => {
		const project = path.join(folder, "p")
		mkdirSync(project)
		writeFileSync(path.join(project, "a.jsonl"), "{}\n")
		symlinkSync("self.jsonl", path.join(project, "self.jsonl"))
		symlinkSync(folder, path.join(project, "up"))
		symlinkSync("nothing", path.join(project, "gone.jsonl"))
		const { files, unreadable } = await listTranscripts([folder])
		expect(files.map(({ session }) => session)).toEqual(["a"])
		expect(unreadable).toEqual([
			{ path: path.join(project, "self.jsonl"), kind: "file", reason: "the link leads to itself" },
			{ path: path.join(project, "up"), kind: "folder", reason: "it links to a folder that contains it" },
		])
	})

	it("are found beside a folder that may not be read; it is named, unless root reads", async () => {
		for (const name of ["closed", "open"]) {
			mkdirSync(path.join(folder, name))
			writeFileSync(path.join(folder, name, `${name}.jsonl`), "{}\n")
		}
		chmodSync(path.join(folder, "closed"), 0)
		const { files, unreadable } = await listTranscripts([folder])
		chmodSync(path.join(folder, "closed"), 0o700)
		const isRoot = process.getuid?.() === 0
		expect(files.map(({ session }) => session)).toEqual(isRoot ? ["closed", "open"] : ["open"])
		const closed = { path: path.join(folder, "closed"), kind: "folder", reason: "permission denied" }
		expect(unreadable).toEqual(isRoot ? [] : [closed])
	})

	it("are found in a bounded number of entries, so that a link to the whole disk does not stop the listing", async () => {
		const project = path.join(folder, "p")
		mkdirSync(project)
		for (let i = 0; i < 20; i++) writeFileSync(path.join(project, `${i}.jsonl`), "{}\n")
		symlinkSync("/", path.join(project, "z"))
		const { files, unreadable } = await listTranscripts([folder], 200)
		expect(files.length).toBeGreaterThanOrEqual(20)
		expect(unreadable).toContainEqual({ path: folder, kind: "folder", reason: "it has more than 200 entries" })
	})

	it("count once when a link gives them a second name", async () => {
		mkdirSync(path.join(folder, "z"))
		writeFileSync(path.join(folder, "z/a.jsonl"), "{}\n")
		symlinkSync("z", path.join(folder, "b"))
		symlinkSync("z/a.jsonl", path.join(folder, "c.jsonl"))
		const { files, unreadable } = await listTranscripts([folder])
		expect(files.map((file) => file.path)).toEqual([path.join(folder, "z/a.jsonl")])
		expect(unreadable).toEqual([])
	})

	it("have a mark that growth keeps and rewriting changes", async () => {
		const file = path.join(folder, "a.jsonl")
		writeFileSync(file, "one\ntwo\n")
		const mark = await markOf(file, 8)
		appendFileSync(file, "three\n")
		expect(await markOf(file, 8)).toBe(mark)
		writeFileSync(file, "new\none\ntwo\nthree\n")
		expect(await markOf(file, 8)).not.toBe(mark)
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
