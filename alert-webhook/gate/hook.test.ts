import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { hookScript } from "./paths.ts"
import { runHook, selfTest } from "./selfTest.ts"
import { hookCommand } from "./settings.ts"

const folder = mkdtempSync(path.join(tmpdir(), "gate-test-"))
let number = 0

function hook(content: string | undefined, maxAge = "60000") {
	const flag = path.join(folder, `flag-${number++}.json`)
	if (content !== undefined) writeFileSync(flag, content)
	return spawnSync(process.execPath, [hookScript(), flag, maxAge], { encoding: "utf8", input: "{}" })
}
const flag = (change: object) =>
	JSON.stringify({ state: "run", reason: "because", at: new Date().toISOString(), ...change })

describe("the hook", () => {
	it("lets a call through only on a fresh flag that says so", () => {
		expect(hook(flag({})).status).toBe(0)
	})

	it.each([
		["a stop, with its reason", flag({ state: "stop" }), /emergency stop: because/],
		["a pause", flag({ state: "pause" }), /paused: because/],
		["a state it does not know", flag({ state: "RUN" }), /nothing known/],
		["a flag without time", flag({ at: undefined }), /too old/],
		["an old flag", flag({ at: new Date(Date.now() - 61_000).toISOString() }), /too old/],
		["a flag from the future", flag({ at: new Date(Date.now() + 3_600_000).toISOString() }), /too old/],
		["half a flag", flag({}).slice(0, 20), /cannot be read/],
		["an empty flag", "", /cannot be read/],
		["null", "null", /cannot be read/],
		["no flag", undefined, /cannot be read/],
	])("denies on %s", (_, content, reason) => {
		const { status, stderr } = hook(content)
		expect(status).toBe(2)
		expect(stderr).toMatch(reason)
	})

	it("denies when the maximum age makes no sense", () => {
		expect(hook(flag({}), "soon").status).toBe(2)
	})

	it("denies within its own deadline when reading the flag hangs", async () => {
		const fifo = path.join(folder, "fifo")
		execFileSync("mkfifo", [fifo])
		const startedAt = Date.now()
		const command = hookCommand({ node: process.execPath, script: hookScript(), flag: fifo, maxAgeMs: 60_000 })
		expect(await runHook(command)).toBe(2)
		expect(Date.now() - startedAt).toBeLessThan(6_000)
	})
})

describe("selfTest", () => {
	const paths = { node: process.execPath, script: hookScript(), flag: path.join(folder, "f"), maxAgeMs: 60_000 }

	it("passes with the hook as it is", async () => {
		await selfTest({ paths, settingsFile: undefined, now: Date.now() })
	})

	it("finds a hook that lets everything through, and settings that have lost the hook", async () => {
		const script = path.join(folder, "open.mjs")
		writeFileSync(script, "process.exit(0)")
		await expect(selfTest({ paths: { ...paths, script }, settingsFile: undefined, now: Date.now() })).rejects.toThrow(
			/not to be trusted/,
		)
		const settingsFile = path.join(folder, "settings.json")
		writeFileSync(settingsFile, "{}")
		await expect(selfTest({ paths, settingsFile, now: Date.now() })).rejects.toThrow(/does not have/)
	})
})
