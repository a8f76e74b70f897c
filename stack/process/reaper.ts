import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { openOrDiscard } from "./log-file.ts"
import { entryPoint, nodeCommand } from "./node-command.ts"
import { addLine, dropLine, type ProcessGroup } from "./reaper-protocol.ts"

const RESPAWN_AFTER_MS = 1_000
/** More than any group may take. */
const RELEASE_WITHIN_MS = 30_000

/** The small process that ends what the runner started, if the runner cannot do so itself. */
export interface Reaper {
	/** The pid of the process that does it now; it is replaced when it ends. */
	readonly pid: number
	watch(group: ProcessGroup): void
	forget(leader: number): void
	/** Ends it: it ends every group that it still watches, and then itself. */
	release(): Promise<void>
}

/** Starts the reaper in a session of its own, so that no signal meant for the runner reaches it. */
export async function startReaper(logFile: string): Promise<Reaper> {
	const groups = new Map<number, ProcessGroup>()
	let released = false
	let current = spawnReaper(logFile)
	await once(current, "spawn")

	const supervise = (child: ChildProcess) => {
		const replace = () => {
			if (released || child !== current) return
			setTimeout(() => {
				if (released) return
				current = spawnReaper(logFile)
				supervise(current)
				for (const group of groups.values()) current.stdin?.write(addLine(group))
			}, RESPAWN_AFTER_MS).unref()
		}
		child.once("exit", replace)
		child.once("error", replace)
	}
	supervise(current)

	return {
		get pid() {
			return current.pid ?? 0
		},
		watch(group) {
			groups.set(group.leader, group)
			current.stdin?.write(addLine(group))
		},
		forget(leader) {
			groups.delete(leader)
			current.stdin?.write(dropLine(leader))
		},
		async release() {
			released = true
			const last = current
			if (last.pid === undefined || last.exitCode !== null || last.signalCode !== null) return
			const ended = once(last, "exit")
			last.ref()
			last.stdin?.end()
			const overdue = setTimeout(() => last.kill("SIGKILL"), RELEASE_WITHIN_MS)
			await ended
			clearTimeout(overdue)
		},
	}
}

function spawnReaper(logFile: string): ChildProcess {
	const { file, args } = nodeCommand(entryPoint("stack/reaper/main"))
	const log = openOrDiscard(logFile)
	const child = spawn(file, args, { detached: true, stdio: ["pipe", log.fd, log.fd], cwd: "/" })
	log.close()
	// It has ended, which its exit reports; its replacement gets the whole list again.
	child.stdin?.on("error", () => undefined)
	child.unref()
	return child
}
