import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = path.resolve(import.meta.dirname, "../..")
const copy = mkdtempSync(path.join(tmpdir(), "observatory-grafana-"))
const board = path.join(copy, "grafana/dashboards/executive/executive-dashboard.json")
const stray = path.join(copy, "grafana/dashboards/executive/made-by-hand.json")

beforeAll(() => {
	for (const part of ["core", "grafana", "prometheus/alerts.yaml", "docs", "package.json", "tsconfig.json"])
		cpSync(path.join(root, part), path.join(copy, part), { recursive: true })
	symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"))
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

const dashboards = (...options: string[]) => {
	const command = ["--import", "tsx", "grafana/main.ts", ...options]
	return spawnSync(process.execPath, command, { cwd: copy, encoding: "utf8", timeout: 60_000 })
}

describe("npm run dashboards", () => {
	it("finds what is committed up to date", () => {
		expect(dashboards("--check")).toMatchObject({ status: 0, stdout: expect.stringContaining("up to date") })
	})

	it("refuses with --check what was edited by hand, names the panel, and writes nothing", () => {
		const edited = readFileSync(board, "utf8").replace('"Safety Score"', '"My Score"')
		writeFileSync(board, edited)
		writeFileSync(stray, "{}")
		const { status, stdout, stderr } = dashboards("--check")
		expect(status).toBe(1)
		expect(stdout).toContain("~ grafana/dashboards/executive/executive-dashboard.json: My Score; Safety Score")
		expect(stdout).toContain("- grafana/dashboards/executive/made-by-hand.json")
		expect(stderr).toContain("Run npm run dashboards")
		expect(readFileSync(board, "utf8")).toBe(edited)
	})

	it("puts it right without --check, and takes away what no board makes", () => {
		expect(dashboards().status).toBe(0)
		expect(readFileSync(board, "utf8")).toBe(
			readFileSync(path.join(root, "grafana/dashboards/executive/executive-dashboard.json"), "utf8"),
		)
		expect(existsSync(stray)).toBe(false)
		expect(dashboards("--check").status).toBe(0)
	})

	it("writes nothing while an alert has an error, and reports it", () => {
		const alerts = path.join(copy, "prometheus/alerts.yaml")
		const text = readFileSync(alerts, "utf8")
		writeFileSync(
			alerts,
			`${text}\n    - { name: mistake, condition: metrics.reviews.pendin > 1, channels: [slack] }\n`,
		)
		writeFileSync(board, "{}")
		const { status, stdout, stderr } = dashboards()
		expect([status, stdout]).toEqual([1, ""])
		expect(stderr).toMatch(/The alerts have errors:\nprometheus\/alerts\.yaml:\d+:\d+: error: /)
		expect(readFileSync(board, "utf8")).toBe("{}")
		writeFileSync(alerts, text)
		expect(dashboards().status).toBe(0)
	})

	it("writes nothing while a board has an error", () => {
		const source = path.join(copy, "grafana/boards/operations-dashboard.ts")
		writeFileSync(source, readFileSync(source, "utf8").replace("on12(6, 2, 6, 4", "on12(5, 2, 6, 4"))
		const { status, stdout, stderr } = dashboards()
		expect(status).toBe(1)
		expect(stdout).toBe("")
		expect(stderr).toContain('operations-dashboard: "Recent Sessions" and "MCP Server Performance" overlap')
	})

	it("says what it takes when it is asked, or is given an option that it does not know", () => {
		expect(dashboards("--help").stdout).toContain("--check")
		expect(dashboards("--chek")).toMatchObject({ status: 2, stderr: expect.stringContaining("--chek") })
	})
})
