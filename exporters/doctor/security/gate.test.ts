import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"
import { shippedFile } from "../../../core/lib/files.ts"
import { examineGate } from "./gate.ts"
import { readInstallation } from "./settings.ts"

let home: string
let settings: string
beforeEach(() => {
	home = mkdtempSync(path.join(tmpdir(), "observatory-gate-"))
	settings = path.join(home, "settings.json")
})
afterEach(() => rmSync(home, { recursive: true }))

const environment = (more: Record<string, string> = {}) => ({
	PATH: process.env.PATH ?? "",
	OBSERVATORY_HOME: home,
	CLAUDE_CONFIG_DIR: home,
	...more,
})

async function found(more: Record<string, string> = {}, managed = path.join(home, "managed.json")) {
	const env = environment(more)
	const risks = await examineGate(readInstallation(env), env, managed)
	return risks.map(({ severity, what }) => `${severity}: ${what}`)
}

function install(file: string) {
	const gate = ["--import", "tsx", shippedFile("alert-webhook/workflows/gate/main.ts"), "install", "--settings", file]
	execFileSync(process.execPath, gate, { env: environment(), stdio: "ignore" })
}

describe("examineGate", () => {
	it("finds settings without the gate, severe where they must have it", async () => {
		expect(await found()).toEqual(["low: Claude Code has no settings here, so the gate is not installed"])
		writeFileSync(settings, "{}")
		expect(await found()).toEqual([expect.stringMatching(/^medium: an emergency stop does not reach Claude Code/)])
		expect(await found({ GATE_SETTINGS_FILE: settings })).toEqual([expect.stringMatching(/^high: .*does not have/)])
	})

	it("finds a project that loads code into the hook", async () => {
		install(settings)
		const project = path.join(home, "project")
		mkdirSync(path.join(project, ".claude"), { recursive: true })
		const file = path.join(project, ".claude", "settings.json")
		writeFileSync(file, JSON.stringify({ env: { LD_PRELOAD: "/tmp/x.so", LD_AUDIT: "", A: "1" } }))
		const cwd = vi.spyOn(process, "cwd").mockReturnValue(project)
		onTestFinished(() => cwd.mockRestore())
		expect((await found()).filter((line) => line.includes("loads code"))).toEqual([
			`high: ${file} sets LD_PRELOAD, which loads code into the gate's hook`,
		])
	})

	it("runs the installed gate, prefers managed settings, and finds what turns it off", async () => {
		install(settings)
		expect(await found()).toEqual([
			expect.stringMatching(/^ok: the gate denies when it must/),
			expect.stringMatching(/^medium: the hook is in a user's settings/),
		])
		const managed = path.join(home, "managed.json")
		install(managed)
		expect(await found({}, managed)).toEqual([expect.stringMatching(`^ok: .*${managed} has the hook`)])
		const text = readFileSync(settings, "utf8")
		writeFileSync(settings, text.replace("{", '{ "disableAllHooks": true,'))
		rmSync(managed)
		const off = await found()
		expect(off).toContainEqual(expect.stringMatching(/^high: .*turns all hooks off/))
		expect(off).toContainEqual(expect.stringMatching(/^high: The gate does not run/))
	})
})
