import { rmSync } from "node:fs"
import path from "node:path"
import { messageOf } from "../../../core/lib/errors.ts"
import { answersFolder, readAnswers } from "./answers.ts"
import { askHook } from "./ask-hook.ts"
import { readSettings } from "./edit.ts"
import { installedCommand, whyNotAsked } from "./settings.ts"

/** The session in whose name a host answers: none of Claude Code's. */
export const PROBE = "probe"
/** Longer than the hook's own deadline, in milliseconds. */
const PATIENCE_MS = 6_000

export interface ProbedHost {
	readonly flag: string
	/** The settings of Claude Code that must have the hook. */
	readonly settingsFile: string
	readonly now: number
}

/**
 * Has this host's gate answer the challenge in the flag, by running the installed hook as Claude Code does. Returns the
 * reason why it does not; undefined when it does.
 */
export async function probeHook({ flag, settingsFile, now }: ProbedHost): Promise<string | undefined> {
	try {
		rmSync(path.join(answersFolder(flag), PROBE), { force: true })
		const { settings } = readSettings(settingsFile)
		const problem = whyNotAsked(settings)
		if (problem) return `${settingsFile} ${problem}`
		const command = installedCommand(settings)
		if (command === undefined) return `${settingsFile} does not have the gate's hook`
		const call = {
			session_id: PROBE,
			hook_event_name: "PreToolUse",
			tool_name: "Bash",
			tool_input: { command: "true" },
		}
		// Without a wait: during a pause the command would ask again for ten minutes.
		await askHook(command.replace(/\bleft=\d+/, "left=0"), PATIENCE_MS, JSON.stringify(call))
		const answered = (await readAnswers(flag, now)).some(({ id }) => id === PROBE)
		return answered ? undefined : `the hook in ${settingsFile} does not answer in ${answersFolder(flag)}`
	} catch (error) {
		return messageOf(error)
	}
}
