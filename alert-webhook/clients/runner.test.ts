import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { readRunner } from "./runner.ts"

let folder: string
beforeAll(() => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-runner-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const written = (content: string) => {
	const file = path.join(folder, "status.json")
	writeFileSync(file, content)
	return readRunner(file)
}
const part = {
	part: { name: "prometheus", title: "Prometheus" },
	service: true,
	state: "paused",
	detail: "on\u001b[2J request",
	since: 7,
}
const status = {
	at: "2026-11-30T12:00:00.000Z",
	parts: [
		{ ...part, restarts: 3 },
		{ ...part, restarts: undefined },
	],
}

it("reads what the runner wrote, without characters that reach a terminal or a page", async () => {
	const found = await written(JSON.stringify(status))
	expect(found).toMatchObject({
		at: status.at,
		parts: [{ name: "prometheus", title: "Prometheus", state: "paused", since: 7, restarts: 3 }, { restarts: 0 }],
	})
	expect(found?.parts[0]?.detail).not.toContain("\u001b")
})

it("believes no file that is cut off, too long, of another shape or absent", async () => {
	const text = JSON.stringify(status)
	expect(await written(text.slice(0, -5))).toBeUndefined()
	expect(await written(JSON.stringify({ ...status, more: "x".repeat(100_000) }))).toBeUndefined()
	expect(await written(JSON.stringify({ ...status, parts: Array.from({ length: 51 }, () => part) }))).toBeUndefined()
	expect(await written(JSON.stringify({ ...status, parts: [{ ...part, since: -1 }] }))).toBeUndefined()
	expect(await readRunner(path.join(folder, "absent"))).toBeUndefined()
})
