import { execFile } from "node:child_process"

/** From this version on a hook may have `onFailure`. */
const KNOWS_ON_FAILURE = [2, 1, 295] as const

export interface ClaudeProgram {
	readonly program: string
	/** The PATH with which it was found. */
	readonly path: string | undefined
	/** As it reports it, such as 2.1.332. */
	readonly version: string
	readonly knowsOnFailure: boolean
}

/** Asks the installed Claude Code for its version; undefined where it does not run. */
export function findClaude(program: string, path: string | undefined): Promise<ClaudeProgram | undefined> {
	return new Promise((resolve) => {
		execFile(
			program,
			["--version"],
			{ env: { PATH: path }, timeout: 20_000, killSignal: "SIGKILL" },
			(error, stdout) => {
				const version = error === null ? parseVersion(stdout) : undefined
				if (version === undefined) return resolve(undefined)
				resolve({ program, path, version, knowsOnFailure: isAtLeast(version, KNOWS_ON_FAILURE) })
			},
		)
	})
}

/** The version in `2.1.332 (Claude Code)`; undefined for any other text. */
export const parseVersion = (text: string): string | undefined => /^(\d+\.\d+\.\d+)\b/.exec(text.trim())?.[1]

export function isAtLeast(version: string, wanted: readonly number[]): boolean {
	const parts = version.split(".").map(Number)
	const differs = wanted.findIndex((part, i) => part !== parts[i])
	return differs < 0 || (parts[differs] ?? 0) > (wanted[differs] ?? 0)
}
