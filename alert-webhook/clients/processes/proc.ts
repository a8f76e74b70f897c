import { readdir, readFile, readlink } from "node:fs/promises"
import type { HostProcess } from "../../domain/session-processes.ts"

/** Every living process of this host, from /proc (Linux). One that ends meanwhile, or that is hidden, is left out. */
export async function readProcesses(): Promise<readonly HostProcess[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
	const found = await Promise.all(pids.map((pid) => readProcess(pid)))
	return found.filter((one) => one !== undefined)
}

/** One process; undefined when there is none with this pid, or it has ended and is not collected yet. */
export async function readProcess(pid: number): Promise<HostProcess | undefined> {
	try {
		const [stat, status, command, executable] = await Promise.all([
			readFile(`/proc/${pid}/stat`, "utf8"),
			readFile(`/proc/${pid}/status`, "utf8"),
			readFile(`/proc/${pid}/cmdline`, "utf8"),
			// Hidden for processes of other users and for threads of the kernel.
			readlink(`/proc/${pid}/exe`).catch(() => ""),
		])
		return parseProcess(pid, { stat, status, command, executable })
	} catch (error) {
		if (/^(ENOENT|ESRCH|EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? "")) return undefined
		throw error
	}
}

interface ProcFiles {
	readonly stat: string
	readonly status: string
	readonly command: string
	readonly executable: string
}

/** From the texts of its files; see proc(5). Undefined for one that has ended. */
export function parseProcess(pid: number, { stat, status, command, executable }: ProcFiles): HostProcess | undefined {
	// The name is in parentheses and may contain anything, parentheses too.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
	const [state = "", parent, group, started = ""] = [fields[0], fields[1], fields[2], fields[19]]
	if (state === "Z" || state === "X" || state === "") return undefined
	return {
		pid,
		parent: Number(parent),
		group: Number(group),
		started,
		uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN),
		executable,
		args: command.replace(/\0$/, "").split("\0"),
	}
}
