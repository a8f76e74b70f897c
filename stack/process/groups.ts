import { setTimeout as sleep } from "node:timers/promises"

/** Signals a whole process group; false when nothing of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(-leader, signal)
		return true
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
		// EPERM: something of it lives, under a user whom we may not signal.
		if ((error as NodeJS.ErrnoException).code === "EPERM") return true
		throw error
	}
}

/** Asks a group to end, waits, and ends it. Resolves once nothing of it is left, or `graceMs` and a second after. */
export async function endGroup(leader: number, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
	if (!signalGroup(leader, signal)) return true
	// A stopped process gets the signal only once it continues.
	signalGroup(leader, "SIGCONT")
	if (await groupGone(leader, graceMs)) return true
	signalGroup(leader, "SIGKILL")
	return groupGone(leader, 1_000)
}

/** True as soon as the group is empty, false when it is not within `withinMs`. */
export async function groupGone(leader: number, withinMs: number): Promise<boolean> {
	for (let waited = 0; waited <= withinMs; waited += 50) {
		if (!signalGroup(leader, 0)) return true
		await sleep(50)
	}
	return false
}
