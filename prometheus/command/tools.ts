import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { apply, type Plan } from "./files.ts"

/** All rule tests take half a minute on an idle machine. */
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
		return [...verdicts, await run("promtool test rules", "promtool", ["test", "rules", ...tests], directory)]
	} finally {
		rmSync(directory, { recursive: true, force: true })
	}
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
