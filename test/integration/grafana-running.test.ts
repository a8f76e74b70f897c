import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { BOARDS } from "../../grafana/boards/index.ts"
import { render } from "../../grafana/kit/board.ts"
import { type FakeGrafana, fakeGrafana, TOKEN } from "../support/grafana-api.ts"
import { program } from "../support/programs.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const folder = mkdtempSync(path.join(tmpdir(), "observatory-grafana-"))
const members = path.join(folder, "people.yaml")
let grafana: FakeGrafana

beforeAll(async () => {
	grafana = await fakeGrafana()
	writeFileSync(path.join(folder, "token"), TOKEN.replace("Bearer ", ""))
	writeFileSync(members, "security: [ada]\n")
	grafana.users.push({ userId: 2, login: "ada", email: "", role: "Viewer" })
	for (const { role } of BOARDS) grafana.folders.set(`observatory-${role}`, [{ role: "Viewer", permission: 1 }])
	for (const board of BOARDS) grafana.dashboards.set(board.uid, render(board))
})
afterAll(async () => {
	await grafana?.close()
	rmSync(folder, { recursive: true, force: true })
})

const run = (main: string, ...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		const server = ["--url", grafana.url, "--token-file", path.join(folder, "token")]
		const command = [...program(main), ...args, ...server]
		execFile(process.execPath, command, { cwd: ROOT, timeout: 300_000 }, (error, stdout, stderr) =>
			resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
		)
	})

describe("npm run grafana:access", () => {
	it("plans, applies, and has nothing to change afterwards", async () => {
		const plan = await run("grafana/access/main.ts", "--plan", "--members", members)
		expect(plan).toMatchObject({ code: 1, stdout: expect.stringContaining("+ ada in team Observatory security") })
		expect(grafana.writes).toEqual([])
		const apply = await run("grafana/access/main.ts", "--apply", "--members", members)
		expect(apply).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("Changed:\n  + team Observatory executive"),
		})
		const again = await run("grafana/access/main.ts", "--plan", "--members", members)
		expect(again).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("Teams and folders are as they should be."),
		})
	})

	it("wants to know whether to plan or to apply", async () => {
		expect(await run("grafana/access/main.ts")).toMatchObject({ code: 2, stdout: "" })
	})
})

describe("npm run grafana:verify -- --queries", () => {
	it("ends with 1 for a query that fails, and with 0 where each empty panel says why", async () => {
		const [expr] = BOARDS.flatMap((board) => render(board).panels)
			.flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : []))
			.flatMap((target) => (target as { expr?: string }).expr ?? [])
		if (expr === undefined) throw new Error("no board has a query")
		const fine = await run("grafana/verify/main.ts", "--queries")
		expect(fine).toMatchObject({
			code: 0,
			stdout: expect.stringContaining(`${BOARDS.length} checks of boards: no fault`),
		})
		grafana.answers.set(expr, { error: "parse error" })
		const broken = await run("grafana/verify/main.ts", "--queries", "--format", "json")
		expect(broken.code).toBe(1)
		expect(broken.stdout).toContain("parse error")
	})
})
