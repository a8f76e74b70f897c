import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import path from "node:path"
import { messageOf } from "../../core/lib/errors.ts"
import { stateDirAt } from "../../stack/state-dir.ts"

/** The newest that accepts Node 20. It takes 235 MB, so it is no dependency. */
const OLDEST = "2.1.197"
/** The newest two, native programs of 380 MB. */
const NEWEST = ["2.1.331", "2.1.332"] as const
/** That of the newest program. */
const AGENT_SDK = "0.3.332"

/**
 * Names the real Claude Code to the tests that run it, in CLAUDE_CODE_PROGRAM, where it is not named already; with
 * `install`, gets it. They are skipped where it cannot be had.
 */
export function provideClaudeCode({ install }: { install: boolean }): void {
	if (process.env.CLAUDE_CODE_PROGRAM) return
	const program = programOf(OLDEST, install)
	if (program !== undefined) process.env.CLAUDE_CODE_PROGRAM = program
}

/** The oldest and the newest two versions that are measured, the newest first, fetched where they are missing, or those of CLAUDE_CODE_PROGRAMS. */
export function claudeCodePrograms(): readonly { readonly version: string; readonly program: string }[] {
	const named = process.env.CLAUDE_CODE_PROGRAMS?.split(",").filter(Boolean)
	if (named) return named.map((program) => ({ version: versionOf(program), program }))
	return [NEWEST[1], OLDEST, NEWEST[0]].map((version) => {
		const program = programOf(version, true)
		if (program === undefined) throw new Error(`Claude Code ${version} cannot be had; set CLAUDE_CODE_PROGRAMS`)
		return { version, program }
	})
}

const versionOf = (program: string): string =>
	execFileSync(program, ["--version"], { encoding: "utf8" }).trim().split(" ")[0] ?? program

/** The program of a version; undefined when it is not there and cannot be had. */
function programOf(version: string, install: boolean): string | undefined {
	const name = version === OLDEST ? "claude-code" : `claude-code-${version}`
	return provided(name, `@anthropic-ai/claude-code@${version}`, "node_modules/.bin/claude", install)
}

/** The module of the Agent SDK, fetched where it is missing; undefined when it cannot be had. */
export const agentSdk = (): string | undefined =>
	provided(
		`claude-agent-sdk-${AGENT_SDK}`,
		`@anthropic-ai/claude-agent-sdk@${AGENT_SDK}`,
		"node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs",
		true,
	)

function provided(name: string, wanted: string, file: string, install: boolean): string | undefined {
	const folder = path.join(stateDirAt(path.join(import.meta.dirname, "../..")).packages, name)
	const program = path.join(folder, file)
	if (existsSync(program)) return program
	if (!install) return undefined
	process.stdout.write(`packages: ${wanted}\n`)
	try {
		const quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
		execFileSync("npm", ["install", ...quiet, "--prefix", folder, wanted], { stdio: "inherit", timeout: 600_000 })
	} catch (error) {
		process.stdout.write(`packages: ${wanted} cannot be had: ${messageOf(error)}\n`)
		return undefined
	}
	return program
}
