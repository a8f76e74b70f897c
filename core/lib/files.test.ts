import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { isMissing, removeDrafts, shippedFile, writeAtomic } from "./files.ts"

function folder(): string {
	const made = mkdtempSync(path.join(tmpdir(), "observatory-files-"))
	onTestFinished(() => rmSync(made, { recursive: true, force: true }))
	return made
}

describe("writing a file whole", () => {
	it("makes its folders, replaces what was there, and gives it the mode that is asked for", () => {
		const file = path.join(folder(), "a/b/secret")
		writeAtomic(file, "one")
		writeAtomic(file, "two", 0o600)
		expect(readFileSync(file, "utf8")).toBe("two")
		expect(statSync(file).mode & 0o777).toBe(0o600)
		expect(readdirSync(path.dirname(file))).toEqual(["secret"])
	})

	it("leaves no draft behind when it fails", () => {
		const file = path.join(folder(), "taken")
		mkdirSync(path.join(file, "inside"), { recursive: true })
		expect(() => writeAtomic(file, "x")).toThrow()
		expect(readdirSync(path.dirname(file))).toEqual(["taken"])
	})
})

it("drafts of processes that are gone are removed, and nothing else", () => {
	const { pid: gone } = spawnSync(process.execPath, ["-e", ""])
	const made = folder()
	const names = [`a.json.${gone}.new`, `b.${process.pid}.new`, `c.${process.ppid}.new`, "d.new", "e.12.old", "f.json"]
	for (const name of names) writeFileSync(path.join(made, name), "half")
	expect(removeDrafts(made).sort()).toEqual(names.slice(0, 2))
	expect(readdirSync(made).sort()).toEqual(names.slice(2))
	expect(removeDrafts(path.join(made, "none"))).toEqual([])
})

it("a missing file is distinguished from other errors", () => {
	const errorOf = (read: () => unknown) => {
		try {
			return read()
		} catch (error) {
			return error
		}
	}
	const missing = errorOf(() => readFileSync(path.join(folder(), "none")))
	const directory = errorOf(() => readFileSync(folder()))
	expect([missing, directory, new Error("x"), undefined].map(isMissing)).toEqual([true, false, false, false])
})

it.each([
	"package.json",
	"core/db/migrations",
	"docs/runbooks",
	"exporters/sources/transcripts/prices.yaml",
	"alert-webhook/workflows/gate/hook.mjs",
	"alert-webhook/domain/escalation/policies.yaml",
	"alert-webhook/web/console/kit/static",
])("%s is found", (name) => {
	expect(existsSync(shippedFile(name))).toBe(true)
})
