import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import { editSettings } from "./edit.ts"

let folder: string
let file: string
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "gate-edit-"))
	file = path.join(folder, "settings.json")
})
const add = (key: string) => (settings: unknown) => ({ ...(settings as object), [key]: 1 })
const read = (from = file) => readFileSync(from, "utf8")

describe("editSettings", () => {
	it("creates the file and its folder for the owner only", () => {
		const deep = path.join(folder, ".claude", "settings.json")
		editSettings(deep, add("a"))
		expect(JSON.parse(read(deep))).toEqual({ a: 1 })
		expect(statSync(deep).mode & 0o777).toBe(0o600)
		expect(readdirSync(path.dirname(deep))).toEqual(["settings.json"])
	})

	it("keeps the file's mode and indentation, and a copy from before the first change", () => {
		const before = '{\n\t"b": 1\n}\n'
		writeFileSync(file, before, { mode: 0o644 })
		editSettings(file, add("a"))
		editSettings(file, add("c"))
		expect(read()).toBe('{\n\t"b": 1,\n\t"a": 1,\n\t"c": 1\n}\n')
		expect(read(`${file}.before-gate`)).toBe(before)
		expect(statSync(file).mode & 0o777).toBe(0o644)
		expect(readdirSync(folder).sort()).toEqual(["settings.json", "settings.json.before-gate"])
	})

	it.each([true, false])("changes the file that a link leads to (which exists: %s) and keeps the link", (exists) => {
		const real = path.join(folder, "dotfiles", "claude.json")
		if (exists) {
			mkdirSync(path.dirname(real))
			writeFileSync(real, "{}")
		}
		symlinkSync(path.join("dotfiles", "claude.json"), file)
		editSettings(file, add("a"))
		expect(lstatSync(file).isSymbolicLink()).toBe(true)
		expect(JSON.parse(read(real))).toEqual({ a: 1 })
		expect(readdirSync(folder).sort()).toEqual(["dotfiles", "settings.json"])
	})

	it("writes nothing when nothing changes", () => {
		editSettings(file, (settings) => settings as object)
		expect(readdirSync(folder)).toEqual([])
	})

	it.each([
		["{ nope", "settings.json:1:3: this is not JSON: invalid symbol"],
		// Claude Code ignores such a file, so a hook in it is never asked.
		['{\n\t// mine\n\t"a": 1\n}', "settings.json:2:2: this is not JSON: invalid comment token"],
		['{ "a": 1, }', "settings.json:1:11: this is not JSON: property name expected"],
	])("writes nothing into %j and says where it is not JSON", (text, problem) => {
		writeFileSync(file, text)
		expect(() => editSettings(file, add("a"))).toThrow(problem)
		expect(readdirSync(folder)).toEqual(["settings.json"])
		expect(read()).toBe(text)
	})
})
