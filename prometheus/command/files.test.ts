import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { apply, changes, readText, reversed } from "./files.ts"

let directory = ""
beforeEach(() => {
	directory = mkdtempSync(path.join(tmpdir(), "observatory-files-"))
})
afterEach(() => {
	chmodSync(directory, 0o755)
	rmSync(directory, { recursive: true, force: true })
})
const read = (name: string) => readFileSync(path.join(directory, name), "utf8")

describe("writing the output", () => {
	it("writes what differs, removes what has to go, and leaves nothing beside it", () => {
		writeFileSync(path.join(directory, "same"), "1")
		writeFileSync(path.join(directory, "old"), "1")
		const plan = new Map([
			["same", "1"],
			["sub/new", "2"],
			["old", null],
		])
		const list = changes(directory, plan)
		expect(list.map(({ file }) => file)).toEqual(["sub/new", "old"])
		apply(directory, list)
		expect(changes(directory, plan)).toEqual([])
		expect(readdirSync(directory, { recursive: true }).sort()).toEqual(["same", "sub", "sub/new"])
	})

	it("lets other users read it, whatever the umask", () => {
		const umask = process.umask(0o077)
		try {
			apply(directory, changes(directory, new Map([["rules.yml", "1"]])))
		} finally {
			process.umask(umask)
		}
		expect(statSync(path.join(directory, "rules.yml")).mode & 0o777).toBe(0o644)
	})

	it("puts back what it had written when a later file cannot be", () => {
		writeFileSync(path.join(directory, "a"), "before")
		mkdirSync(path.join(directory, "b"))
		writeFileSync(path.join(directory, "b/occupied"), "")
		const list = [
			{ file: "a", before: "before", after: "after" },
			{ file: "new", before: null, after: "new" },
			{ file: "b", before: null, after: "a directory is here" },
		]
		expect(() => apply(directory, list)).toThrow(/could not be written; it is as it was/)
		expect(read("a")).toBe("before")
		expect(existsSync(path.join(directory, "new"))).toBe(false)
		expect(readdirSync(directory).sort()).toEqual(["a", "b"])
	})

	it("can be undone", () => {
		writeFileSync(path.join(directory, "a"), "before")
		const list = changes(
			directory,
			new Map([
				["a", "after"],
				["b", "new"],
			]),
		)
		apply(directory, list)
		apply(directory, reversed(list))
		expect(read("a")).toBe("before")
		expect(existsSync(path.join(directory, "b"))).toBe(false)
	})
})

describe("reading a file", () => {
	it("drops a byte order mark", () => {
		writeFileSync(path.join(directory, "a"), "\uFEFFalerts:")
		expect(readText(path.join(directory, "a"))).toBe("alerts:")
	})
})
