import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { readFlag, writeFlag } from "./flag.ts"

function flagFile(): string {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-flag-"))
	onTestFinished(() => rmSync(folder, { recursive: true }))
	return path.join(folder, "gate.json")
}
const flag = { revision: 7, reason: "because", at: "2026-01-01T00:00:00.000Z" }

describe("the gate's flag, where it cannot be written,", () => {
	it.each(["ENOSPC", "EDQUOT"])("is removed for a stop and a pause, and grows old otherwise (%s)", async (code) => {
		const full = () => {
			throw Object.assign(new Error(code), { code })
		}
		const file = flagFile()
		await writeFlag(file, { ...flag, state: "run" })
		await expect(writeFlag(file, { ...flag, state: "run", revision: 8 }, full)).rejects.toThrow(code)
		expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ state: "run", revision: 7 })
		for (const state of ["pause", "stop"] as const) {
			await writeFlag(file, { ...flag, state: "run" })
			await writeFlag(file, { ...flag, state }, full)
			expect(existsSync(file)).toBe(false)
		}
	})
})

it("the flag is read back, and is none where it cannot be read", async () => {
	const file = flagFile()
	expect(readFlag(file)).toBeUndefined()
	await writeFlag(file, { ...flag, state: "stop", unsavedBy: "Ada" })
	expect(readFlag(file)).toEqual({ ...flag, state: "stop", unsavedBy: "Ada" })
})
