import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import path from "node:path"
import { messageOf } from "../../core/lib/errors.ts"
import { stateDirAt } from "../../stack/state-dir.ts"

/** The newest that runs on Node 20 as a package of JavaScript. It takes 235 MB, so it is no dependency. */
const VERSION = "2.1.197"

/**
 * Names the real Claude Code to the tests that run it, in CLAUDE_CODE_PROGRAM, where it is not named already; with
 * `install`, gets it. They are skipped where it cannot be had.
 */
export function provideClaudeCode({ install }: { install: boolean }): void {
	if (process.env.CLAUDE_CODE_PROGRAM) return
	const program = claudeCodeAt(VERSION, { install })
	if (existsSync(program)) process.env.CLAUDE_CODE_PROGRAM = program
}

/** The program of a version, such as 2.1.197 or latest; with `install`, it is fetched when it is missing. */
export function claudeCodeAt(version: string, { install }: { install: boolean }): string {
	const name = version === VERSION ? "claude-code" : `claude-code-${version}`
	const folder = path.join(stateDirAt(path.join(import.meta.dirname, "../..")).packages, name)
	const program = path.join(folder, "node_modules/.bin/claude")
	if (existsSync(program) || !install) return program
	const wanted = `@anthropic-ai/claude-code@${version}`
	process.stdout.write(`packages: ${wanted}\n`)
	try {
		const quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
		execFileSync("npm", ["install", ...quiet, "--prefix", folder, wanted], { stdio: "inherit", timeout: 300_000 })
	} catch (error) {
		process.stdout.write(`packages: ${wanted} cannot be had, its tests are skipped: ${messageOf(error)}\n`)
	}
	return program
}
