import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { examineFiles } from "./files.ts"
import { readInstallation } from "./settings.ts"

let home: string
let settings: string
beforeEach(() => {
	home = mkdtempSync(path.join(tmpdir(), "observatory-files-"))
	chmodSync(home, 0o755)
	for (const folder of ["secrets", "run", "claude"]) mkdirSync(path.join(home, folder))
	write("secrets/console_token", 0o600)
	settings = write("claude/settings.json", 0o600)
})
afterEach(() => rmSync(home, { recursive: true }))

function write(name: string, mode: number): string {
	const file = path.join(home, name)
	writeFileSync(file, "{}")
	chmodSync(file, mode)
	return file
}

async function found(env: Record<string, string> = {}) {
	const complete = { OBSERVATORY_HOME: home, CLAUDE_CONFIG_DIR: path.dirname(settings), ...env }
	const risks = await examineFiles(readInstallation(complete))
	return risks.filter(({ severity }) => severity === "high").map(({ what }) => what)
}

describe("examineFiles", () => {
	it("finds nothing severe where secrets are their owner's alone", async () => {
		write("run/gate.json", 0o644)
		expect(await found()).toEqual([])
	})

	it("finds a secret that every user can read, unless a folder above it is closed", async () => {
		const file = write("secrets/otlp_token", 0o644)
		expect(await found()).toEqual([`every user can read the secret ${file}`])
		chmodSync(path.dirname(file), 0o700)
		expect(await found()).toEqual([])
	})

	it("finds the file of a *_FILE variable, but no file that is no secret", async () => {
		const file = write("github", 0o604)
		expect(await found({ GITHUB_TOKEN_FILE: file, ALERTS_FILE: file })).toEqual([
			`every user can read the secret ${file}`,
		])
		expect(await found({ ALERTS_FILE: file })).toEqual([])
	})

	it("finds a secret, a flag and settings that every user can change or replace", async () => {
		const flag = write("run/gate.json", 0o666)
		expect(await found()).toEqual([`every user can change ${flag}, and with it the gate`])
		chmodSync(flag, 0o644)
		chmodSync(path.dirname(settings), 0o777)
		expect(await found()).toEqual([`every user can change ${settings}, and with it the gate`])
		chmodSync(path.dirname(settings), 0o700)
		chmodSync(path.join(home, "secrets"), 0o777)
		expect(await found()).toEqual([`every user can replace the secret ${path.join(home, "secrets/console_token")}`])
	})

	it("says that one user has the gate's flag and the settings of the agent", async () => {
		write("run/gate.json", 0o644)
		const env = { OBSERVATORY_HOME: home, CLAUDE_CONFIG_DIR: path.dirname(settings) }
		const risks = await examineFiles(readInstallation(env))
		expect(risks).toContainEqual({
			severity: "medium",
			what: expect.stringContaining("belong to one user"),
			fix: expect.stringContaining("managed settings"),
		})
	})
})
