import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { readSettings } from "./edit.ts"
import { type Flag, writeFlag } from "./flag.ts"
import { type HookPaths, hookCommand, installedMaxAge, whyNotActive } from "./settings.ts"

export interface SelfTest {
	readonly paths: HookPaths
	/** Settings of Claude Code that must have the hook; undefined when only the hook is tested. */
	readonly settingsFile: string | undefined
	readonly now: number
}

/**
 * Proves the gate by running it: starts the hook the way Claude Code does, with flags that must let through and flags
 * that must not, and checks that the settings still have it. The settings give the longest age of the flag.
 *
 * @throws ObservatoryError `internal` naming the first failure
 */
export async function selfTest({ paths: given, settingsFile, now }: SelfTest): Promise<void> {
	const settings = settingsFile === undefined ? undefined : readSettings(settingsFile).settings
	const paths = { ...given, maxAgeMs: installedMaxAge(settings) ?? given.maxAgeMs }
	const folder = await mkdtemp(path.join(tmpdir(), "observatory-gate-"))
	try {
		const flag = path.join(folder, "gate.json")
		const command = hookCommand({ ...paths, flag })
		await expectExit("without a flag", command, 2)
		for (const [state, code] of [
			["run", 0],
			["pause", 2],
			["stop", 2],
		] as const) {
			await writeFlag(flag, flagFor(state, now))
			await expectExit(`with the flag ${state}`, command, code)
		}
		await writeFlag(flag, flagFor("run", now - paths.maxAgeMs * 2))
		await expectExit("with an old flag", command, 2)
		await expectExit("without the script", hookCommand({ ...paths, flag, script: path.join(folder, "gone.mjs") }), 2)
	} finally {
		await rm(folder, { recursive: true, force: true })
	}
	if (settingsFile === undefined) return
	const problem = whyNotActive(settings, hookCommand(paths))
	if (problem)
		throw new ObservatoryError("internal", `The gate does not run: ${settingsFile} ${problem}.`, {
			advice: "npm run gate -- install puts it there, and says what turns it off.",
		})
}

const flagFor = (state: Flag["state"], at: number): Flag => ({
	state,
	revision: 0,
	reason: "self-test",
	at: new Date(at).toISOString(),
})

async function expectExit(when: string, command: string, wanted: number): Promise<void> {
	const code = await runHook(command)
	if (code === wanted) return
	throw new ObservatoryError(
		"internal",
		`The gate is not reliable: ${when} the hook ended with ${code}, not ${wanted}.`,
		{
			advice: "End sessions by hand until it is repaired; npm run gate -- test repeats this check.",
		},
	)
}

/** Variables that a repository's own settings could set for hooks, to let every call through. */
const HOSTILE_ENV = {
	PATH: "/nonexistent",
	NODE_OPTIONS: "--import=data:text/javascript,process.exit(0)",
}

/**
 * Runs a hook's command as Claude Code does: through a shell, with the call on standard input, and with an environment
 * that tries to bypass the gate.
 */
export function runHook(command: string, timeoutMs = 10_000): Promise<number | null> {
	return new Promise((resolve, reject) => {
		const child = spawn("/bin/sh", ["-c", command], {
			env: HOSTILE_ENV,
			stdio: ["pipe", "ignore", "ignore"],
			timeout: timeoutMs,
			killSignal: "SIGKILL",
		})
		child.once("error", reject)
		child.once("close", (code) => resolve(code))
		// The hook does not need to read it.
		child.stdin.on("error", () => undefined)
		child.stdin.end(
			JSON.stringify({ hook_event_name: "PreToolUse", tool_name: "Bash", tool_input: { command: "true" } }),
		)
	})
}
