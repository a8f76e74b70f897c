import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { askHook, type HookAnswer } from "./ask-hook.ts"
import { type HookPaths, hookCommand } from "./command.ts"
import { readSettings } from "./edit.ts"
import { type Flag, writeFlag } from "./flag.ts"
import { isManaged, whyNotManaged } from "./managed.ts"
import { gateHooks, installedMaxAge, installedOnFailure, whyNotActive } from "./settings.ts"

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
		const command = hookCommand({ ...paths, flag, longestWaitS: 0 })
		await expectAnswer("without a flag", command, "denies")
		for (const [state, answer] of [
			["run", "permits"],
			["pause", "denies"],
			["stop", "ends"],
		] as const) {
			await writeFlag(flag, flagFor(state, now))
			await expectAnswer(`with the flag ${state}`, command, answer)
		}
		await writeFlag(flag, flagFor("run", now - paths.maxAgeMs * 2))
		await expectAnswer("with an old flag", command, "denies")
		const gone = path.join(folder, "gone.mjs")
		await expectAnswer("without the script", hookCommand({ ...paths, flag, script: gone }), "denies")
	} finally {
		await rm(folder, { recursive: true, force: true })
	}
	if (settingsFile === undefined) return
	const hooks = gateHooks(paths, { knowsOnFailure: installedOnFailure(settings) })
	const problem = whyNotActive(settings, hooks) ?? (isManaged(settingsFile) ? whyNotManaged(settings) : undefined)
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

async function expectAnswer(when: string, command: string, wanted: HookAnswer): Promise<void> {
	const answer = await askHook(command)
	if (answer === wanted) return
	throw new ObservatoryError("internal", `The gate is not reliable: ${when} the hook ${answer}, though it must not.`, {
		advice: "End sessions by hand until it is repaired; npm run gate -- test repeats this check.",
	})
}
