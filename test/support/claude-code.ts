import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import path from "node:path"
import { messageOf } from "../../core/lib/errors.ts"
import { stateDirAt } from "../../stack/state-dir.ts"

/** The newest that accepts Node 20. It takes 235 MB, so it is no dependency. */
const PACKAGE = "@anthropic-ai/claude-code@2.1.197"

/**
 * Names the real Claude Code to the tests that run it, in CLAUDE_CODE_PROGRAM, where it is not named already; with
 * `install`, gets it. They are skipped where it cannot be had.
 */
export function provideClaudeCode({ install }: { install: boolean }): void {
	if (process.env.CLAUDE_CODE_PROGRAM) return
	const folder = path.join(stateDirAt(path.join(import.meta.dirname, "../..")).packages, "claude-code")
	const program = path.join(folder, "node_modules/.bin/claude")
	if (!existsSync(program)) {
		if (!install) return
		process.stdout.write(`packages: ${PACKAGE}\n`)
		try {
			const quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
			execFileSync("npm", ["install", ...quiet, "--prefix", folder, PACKAGE], { stdio: "inherit", timeout: 300_000 })
		} catch (error) {
			process.stdout.write(`packages: ${PACKAGE} cannot be had, its tests are skipped: ${messageOf(error)}\n`)
			return
		}
	}
	process.env.CLAUDE_CODE_PROGRAM = program
}
