import { execFile } from "node:child_process"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { program } from "../support/programs.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const PROGRAMS: Readonly<Record<string, string>> = {
	start: "stack/main.ts",
	demo: "demo/cli.ts",
	test: "test/run.ts",
	rules: "prometheus/main.ts",
	calibrate: "prometheus/calibrate/main.ts",
	dashboards: "grafana/main.ts",
	"grafana:access": "grafana/access/main.ts",
	"grafana:verify": "grafana/verify/main.ts",
	contract: "core/db/contract/main.ts",
	audit: "alert-webhook/store/audit/main.ts",
	doctor: "exporters/doctor/main.ts",
	prices: "exporters/prices/main.ts",
	gate: "alert-webhook/workflows/gate/main.ts",
	bench: "test/bench/main.ts",
}

const call = (main: string, ...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		execFile(process.execPath, [...program(main), ...args], { cwd: ROOT, timeout: 60_000 }, (error, stdout, stderr) =>
			resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
		)
	})

describe.each(Object.entries(PROGRAMS))("npm run %s", (name, program) => {
	it("prints its usage", async () => {
		const { code, stdout, stderr } = await call(program, "--help")
		expect([code, stderr]).toEqual([0, ""])
		expect(stdout).toMatch(new RegExp(`^npm (run )?${name}\\b`))
	})

	it("prints a short hint after an unknown argument", async () => {
		const { code, stdout, stderr } = await call(program, "--nonsense")
		expect([code, stdout]).toEqual([2, ""])
		expect(stderr).toContain("  → ")
		expect(stderr.trimEnd().split("\n").length).toBeLessThan(15)
		expect(stderr).not.toMatch(/^ +at /m)
	})
})

it("reports a missing command of the gate", async () => {
	const { code, stderr } = await call("alert-webhook/workflows/gate/main.ts")
	expect(code).toBe(2)
	expect(stderr).toContain("A command is missing\n  → npm run gate -- install")
})
