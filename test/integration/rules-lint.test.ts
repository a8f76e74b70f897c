import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { projectRoot } from "../../stack/process/node-command.ts"

let folder: string

beforeAll(() => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-lint-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lint = (...args: string[]) =>
	spawnSync(process.execPath, ["--import", "tsx", "prometheus/main.ts", "--lint", ...args], {
		cwd: projectRoot,
		encoding: "utf8",
	})

const RULES = `groups:
- name: foreign
  interval: 30s
  rules:
  - {alert: Above, expr: 'x{job="a", env=~"p|q"} > 100', for: 5m, labels: {severity: page}, annotations: {summary: "{{ $value }}"}}
  - {alert: Above, expr: 'x{job="a", env=~"p|q"} > 50', for: 5m, labels: {severity: warning}}
  - {alert: Below, expr: 'min by (job) (x) <= 0.5'}
  - {alert: Rate, expr: 'sum(rate(x_total{code!="200"}[5m])) > 0.2', for: 45s}
  - {alert: Increase, expr: 'increase(x_total[10m]) >= 7', for: 1m}
  - {alert: Equal, expr: 'up == 0', for: 2m, labels: {team: "{{ $labels.job }}"}}
  - {alert: Gone, expr: 'absent(x{job="a"})', for: 3m}
  - {alert: Ratio, expr: 'a / b > 1'}
`

describe("npm run rules -- --lint", () => {
	it("writes tests of foreign rules, which promtool passes and a changed threshold fails", () => {
		const file = path.join(folder, "foreign.yml")
		writeFileSync(file, RULES)
		const { stderr, status } = lint(file, "--tests", path.join(folder, "tests"))
		expect(stderr).toContain("14 tests")
		expect(stderr).toContain("Ratio: the condition is no")
		expect(status).toBe(0)
		const [test = ""] = readdirSync(path.join(folder, "tests"))
		const promtool = () =>
			execFileSync("promtool", ["test", "rules", path.join(folder, "tests", test)], { encoding: "utf8", stdio: "pipe" })
		expect(promtool()).toContain("SUCCESS")
		writeFileSync(file, RULES.replace(">= 7", ">= 7.2"))
		expect(promtool).toThrow(/FAILED/)
	})

	it("ends with 1 for errors, and with 2 for wrong usage, which it names", () => {
		writeFileSync(path.join(folder, "wrong.yml"), "groups: [{name: g, rules: [{alert: A, expr: 'up > 1'}]}]\n")
		const { stdout, status } = lint(path.join(folder, "wrong.yml"))
		expect(stdout).toContain("error: A: never true: up is between 0 and 1")
		expect(status).toBe(1)
		const usage = lint("--format", "xml", "x.yml")
		expect([usage.status, usage.stderr]).toEqual([2, expect.stringContaining("--format is text, json, sarif, github")])
	})
})
