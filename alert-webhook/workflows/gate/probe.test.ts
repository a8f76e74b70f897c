import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import { answersFolder, prepareAnswers, readAnswers } from "./answers.ts"
import { askHook } from "./ask-hook.ts"
import { hookCommand } from "./command.ts"
import { type Flag, writeFlag } from "./flag.ts"
import { hookScript } from "./hook-script.ts"
import { probeHook } from "./probe.ts"
import { makeReport } from "./report.ts"
import { gateHooks, withHooks } from "./settings.ts"

let flag: string
let settingsFile: string
const state = (state: Flag["state"], challenge = "1.nonce") =>
	writeFlag(flag, { state, revision: 1, reason: "because", at: new Date().toISOString(), challenge })
const paths = () => ({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 })
const hooks = () => gateHooks(paths(), { knowsOnFailure: true })
const settings = (content: object) => writeFileSync(settingsFile, JSON.stringify(content))
const probe = () => probeHook({ flag, settingsFile, now: Date.now() })
const call = (id: string) => JSON.stringify({ session_id: id, tool_name: "Bash", tool_input: {} })
const ask = (id: string) => askHook(hookCommand({ ...paths(), longestWaitS: 0 }), 10_000, call(id))

beforeEach(async () => {
	const folder = mkdtempSync(path.join(tmpdir(), "gate-probe-"))
	flag = path.join(folder, "gate.json")
	settingsFile = path.join(folder, "settings.json")
	settings(withHooks({}, hooks()))
	prepareAnswers(flag)
	await state("run")
})

describe("the probe of a host", () => {
	it.each(["run", "pause", "stop"] as const)("has the installed hook answer the challenge during %s", async (now) => {
		await state(now, "2.next")
		expect(await probe()).toBeUndefined()
		const report = await makeReport({ flag, host: "ci-1", now: Date.now() }, null)
		expect(report).toEqual({
			host: "ci-1",
			challenge: "2.next",
			problem: null,
			calls: [],
			answers: [{ id: "probe", challenge: "2.next" }],
		})
	})

	it("says so once the hook is removed, hooks are off, or the settings cannot be read, and answers no more", async () => {
		expect(await probe()).toBeUndefined()
		settings({})
		expect(await probe()).toMatch(/does not have the gate's hook at PreToolUse/)
		expect(await readAnswers(flag, Date.now())).toEqual([])
		settings({ ...withHooks({}, hooks()), disableAllHooks: true })
		expect(await probe()).toMatch(/disableAllHooks/)
		writeFileSync(settingsFile, "{")
		expect(await probe()).toMatch(/not JSON/)
	})

	it("says so when the hook reads another flag", async () => {
		settings(withHooks({}, gateHooks({ ...paths(), flag: `${flag}.other` }, { knowsOnFailure: true })))
		expect(await probe()).toMatch(/does not answer/)
	})
})

describe("a session's answer", () => {
	it("is in the name of the session that Claude Code passes, and the latest one counts", async () => {
		await ask("11aa-22")
		await state("run", "2.next")
		expect(await ask("11aa-22")).toBe("permits")
		expect(await readAnswers(flag, Date.now())).toEqual([{ id: "11aa-22", challenge: "2.next" }])
	})

	it("is written beside no other file, and through no link", async () => {
		const target = path.join(path.dirname(flag), "target")
		writeFileSync(target, "as before")
		symlinkSync(target, path.join(answersFolder(flag), "linked"))
		for (const id of ["../escaped", "linked", ""]) expect(await ask(id)).toBe("permits")
		expect(readFileSync(target, "utf8")).toBe("as before")
		expect(existsSync(path.join(path.dirname(flag), "escaped"))).toBe(false)
		expect(await readAnswers(flag, Date.now())).toEqual([])
	})

	it("changes nothing for the call when it cannot be written", async () => {
		rmSync(answersFolder(flag), { recursive: true })
		expect(await ask("s1")).toBe("permits")
		await state("stop")
		expect(await ask("s1")).toBe("ends")
	})

	it("is ignored when it is old, too long or no file", async () => {
		const folder = answersFolder(flag)
		writeFileSync(path.join(folder, "long"), "x".repeat(201))
		mkdirSync(path.join(folder, "folder"))
		writeFileSync(path.join(folder, "old"), "1.nonce")
		expect(await readAnswers(flag, Date.now() + 700_000)).toEqual([])
		expect(existsSync(path.join(folder, "old"))).toBe(false)
	})
})
