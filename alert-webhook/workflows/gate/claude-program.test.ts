import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { findClaude, isAtLeast, parseVersion } from "./claude-program.ts"

describe("the installed Claude Code", () => {
	const program = (text: string) => {
		const file = path.join(mkdtempSync(path.join(tmpdir(), "observatory-version-")), "claude")
		writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
		return file
	}

	it.each([
		["2.1.332 (Claude Code)", "2.1.332", true],
		["2.1.295 (Claude Code)", "2.1.295", true],
		["2.1.294 (Claude Code)", "2.1.294", false],
		["2.1.197 (Claude Code)", "2.1.197", false],
		["3.0.0", "3.0.0", true],
	])("that reports %s", async (said, version, knowsOnFailure) => {
		expect(await findClaude(program(`echo '${said}'`), process.env.PATH)).toMatchObject({ version, knowsOnFailure })
	})

	it("is none where it is missing, fails, or reports something else", async () => {
		expect(await findClaude("/nonexistent/claude", process.env.PATH)).toBeUndefined()
		expect(await findClaude(program("exit 1"), process.env.PATH)).toBeUndefined()
		expect(await findClaude(program("echo hello"), process.env.PATH)).toBeUndefined()
	})

	it("has versions that are compared as numbers", () => {
		expect(isAtLeast("2.10.0", [2, 9, 9])).toBe(true)
		expect(isAtLeast("1.99.999", [2, 1, 295])).toBe(false)
		expect(parseVersion("claude 2.1")).toBeUndefined()
	})
})
