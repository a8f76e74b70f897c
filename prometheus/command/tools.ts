import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { parse } from "yaml"
import { onlyAlerts, type Rules, type RuleTests, splitTests } from "../rule-tests/split.ts"
import { apply, type Plan } from "./files.ts"
import { ALERTS_FILE } from "./plan.ts"

/** All rule tests take seconds on an idle machine. */
const TIMEOUT_MS = 600_000

/** What a checking tool said about the output. */
export interface CheckResult {
	readonly tool: "promtool check rules" | "promtool test rules" | "amtool check-config"
	readonly result: "passed" | "missing" | "failed"
	/** The tool's own words when it failed. */
	readonly output: string
}

export interface Checked {
	readonly rules: readonly string[]
	readonly tests: readonly string[]
	readonly alertmanager: string
}

/** Runs promtool and amtool, when they are installed, on a copy of the output before it is put into place. */
export async function check(plan: Plan, { rules, tests, alertmanager }: Checked): Promise<CheckResult[]> {
	const directory = mkdtempSync(path.join(tmpdir(), "observatory-rules-"))
	try {
		apply(
			directory,
			[...plan].flatMap(([file, after]) => (after === null ? [] : [{ file, before: null, after }])),
		)
		const verdicts = [
			await run("promtool check rules", "promtool", ["check", "rules", ...rules], directory),
			await run("amtool check-config", "amtool", ["check-config", alertmanager], directory),
		]
		if (verdicts[0]?.result !== "passed" || tests.length === 0) return verdicts
		const files = tests.flatMap((test) => split(test, plan, directory))
		return [...verdicts, await run("promtool test rules", "promtool", ["test", "rules", ...files], directory)]
	} finally {
		rmSync(directory, { recursive: true, force: true })
	}
}

/** Puts the tests of each alert beside a file of that alert alone: promtool evaluates each rule at every step. */
function split(test: string, plan: Plan, directory: string): string[] {
	const file = parse(plan.get(test) ?? "") as RuleTests & { readonly rule_files: readonly string[] }
	const reads = file.rule_files.map((name) => path.join(path.dirname(test), name))
	if (reads.join() !== ALERTS_FILE) return [test]
	const rules = parse(plan.get(ALERTS_FILE) ?? "") as Rules
	return splitTests(file).map(({ alerts, tests }, i) => {
		const name = `${test.replace(/\.yml$/, "")}.${i}`
		const own = alerts.length === 0 ? rules : onlyAlerts(rules, alerts)
		const texts = {
			[`${name}.rules.yml`]: JSON.stringify(own),
			[`${name}.yml`]: JSON.stringify({ ...tests, rule_files: [`${path.basename(name)}.rules.yml`] }),
		}
		apply(
			directory,
			Object.entries(texts).map(([file, after]) => ({ file, before: null, after })),
		)
		return `${name}.yml`
	})
}

function run(tool: CheckResult["tool"], command: string, args: readonly string[], cwd: string): Promise<CheckResult> {
	return new Promise((resolve) => {
		execFile(command, args, { cwd, timeout: TIMEOUT_MS, maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
			if (!error) return resolve({ tool, result: "passed", output: "" })
			if (error.code === "ENOENT") return resolve({ tool, result: "missing", output: "" })
			const said = `${stdout}\n${stderr}`.replaceAll(cwd, "").trim()
			resolve({
				tool,
				result: "failed",
				output: said || (error.killed ? `no answer within ${TIMEOUT_MS / 1000} s` : error.message),
			})
		})
	})
}
