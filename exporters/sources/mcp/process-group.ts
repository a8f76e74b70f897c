import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"

/** How long a group may need after each step of its end: the end of its standard input, SIGTERM, SIGKILL. */
const STEP_MS = 2_000
const POLL_MS = 20

export interface Program {
	readonly command: string
	readonly args: readonly string[]
	/** Its whole environment. */
	readonly env: NodeJS.ProcessEnv
	readonly cwd?: string | undefined
}

const groups = new Set<number>()
// After a crash nothing else ends them.
process.on("exit", () => {
	for (const group of groups) signalGroup(group, "SIGKILL")
})

/** Starts a program as the leader of a group of its own, so that what a wrapper such as npx starts ends with it. */
export function startGroup({ command, args, env, cwd }: Program): ChildProcessWithoutNullStreams {
	const child = spawn(command, args, { env, cwd, detached: true, stdio: "pipe" })
	if (child.pid !== undefined) groups.add(child.pid)
	return child
}

/** Ends a program with all that it started: asks first, then kills. Never rejects, and takes 6 s at most. */
export async function endGroup(child: ChildProcessWithoutNullStreams): Promise<void> {
	const { pid } = child
	child.stdin.end()
	if (pid === undefined) return
	// A leader that has ended read its input; what it left behind does not.
	const leaderEnded = child.exitCode !== null || child.signalCode !== null
	if (leaderEnded || !(await groupEnds(pid))) {
		signalGroup(pid, "SIGTERM")
		if (!(await groupEnds(pid))) {
			signalGroup(pid, "SIGKILL")
			await groupEnds(pid)
		}
	}
	groups.delete(pid)
	child.stdout.destroy()
	child.stderr.destroy()
}

async function groupEnds(group: number): Promise<boolean> {
	for (let waited = 0; waited < STEP_MS; waited += POLL_MS) {
		if (!signalGroup(group, 0)) return true
		await sleep(POLL_MS, undefined, { ref: false })
	}
	return false
}

/** False when the group has no process any more. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
	try {
		return process.kill(-group, signal)
	} catch {
		return false
	}
}
