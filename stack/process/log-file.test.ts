import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { lastWords, openLog, tailOf } from "./log-file.ts"

describe("a part's log", () => {
	let folder: string
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "observatory-log-"))
	})
	afterEach(() => rmSync(folder, { recursive: true }))

	const write = (text: string) => {
		const fd = openLog(join(folder, "a.log"))
		writeSync(fd, text)
		closeSync(fd)
	}

	it("is started empty at each start, and three older ones are kept", () => {
		for (const text of ["1", "2", "3", "4", "5"]) write(text)
		expect(readdirSync(folder).sort()).toEqual(["a.log", "a.log.1", "a.log.2", "a.log.3"])
		expect(readFileSync(join(folder, "a.log"), "utf8")).toBe("5")
		expect(readFileSync(join(folder, "a.log.1"), "utf8")).toBe("4")
		expect(readFileSync(join(folder, "a.log.3"), "utf8")).toBe("2")
	})

	it("gives its last lines that say something", () => {
		write(`${"x".repeat(20_000)}\none\n\ntwo\n`)
		expect(tailOf(join(folder, "a.log"), 2)).toEqual(["one", "two"])
		expect(tailOf(join(folder, "none.log"), 2)).toEqual([])
	})
})

describe("the last words of a log", () => {
	it("are the last line, or the message in it where it is JSON", () => {
		expect(lastWords(["before", "the end"])).toBe("the end")
		expect(lastWords(['{"level":"error","msg":"no more room"}'])).toBe("no more room")
		expect(lastWords(['{"cut off'])).toBe('{"cut off')
		expect(lastWords([])).toBe("")
	})

	it("are PostgreSQL's last error where it ends after one", () => {
		const full = 'could not write to file "pg_wal/xlogtemp.7": No space left on device'
		const log = [
			`2026-11-30 18:00:00 UTC [7] PANIC:  ${full}`,
			"2026-11-30 18:00:01 UTC [1] LOG:  terminating any other active server processes",
			"2026-11-30 18:00:01 UTC [9] FATAL:  the database system is in recovery mode",
			"2026-11-30 18:00:02 UTC [1] LOG:  database system is shut down",
		]
		expect(lastWords(log)).toBe(`PANIC:  ${full}`)
	})

	it("keep an advice together with what it is about", () => {
		expect(lastWords(["port 9099 is taken", "  → choose another"])).toBe("port 9099 is taken → choose another")
	})
})
