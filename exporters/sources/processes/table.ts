import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import { promisify } from "node:util"

/** One living process. */
export interface Process {
	readonly pid: number
	/** Distinguishes a process from a later one with the same pid, as far as the system says. */
	readonly started: string
	readonly command: string
	readonly residentBytes: number
	/** User and system time so far. */
	readonly cpuSeconds: number
}

/** Lists the processes that `wanted` picks by pid and command line. */
export type ProcessTable = (
	wanted: (pid: number, command: string) => boolean,
	signal: AbortSignal,
) => Promise<readonly Process[]>

/** Linux counts processor time in hundredths of a second for user space, whatever the kernel does itself. */
const TICKS_PER_SECOND = 100

/** From /proc, which needs no program. */
const linuxProcesses: ProcessTable = async (wanted) => {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
	const found = await Promise.all(pids.map((pid) => readProc(pid, wanted)))
	return found.filter((process) => process !== undefined)
}

async function readProc(pid: number, wanted: (pid: number, command: string) => boolean): Promise<Process | undefined> {
	try {
		const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim()
		if (!wanted(pid, command)) return undefined
		const [stat, status] = await Promise.all([
			readFile(`/proc/${pid}/stat`, "utf8"),
			readFile(`/proc/${pid}/status`, "utf8"),
		])
		return parseProc(pid, command, stat, status)
	} catch (error) {
		// It ended between the listing and the look, or is hidden from us (hidepid).
		if (/^(ENOENT|ESRCH|EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? "")) return undefined
		throw error
	}
}

/** One process from its `stat` and `status`; undefined for a zombie, which has ended. See proc(5). */
export function parseProc(pid: number, command: string, stat: string, status: string): Process | undefined {
	// The name is in parentheses and may contain anything, parentheses too.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
	const [state, utime, stime, started] = [fields[0], fields[11], fields[12], fields[19]]
	if (state === "Z" || state === "X") return undefined
	const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]
	return {
		pid,
		started: started ?? "",
		command,
		residentBytes: Number(kibibytes ?? 0) * 1024,
		cpuSeconds: (Number(utime) + Number(stime)) / TICKS_PER_SECOND,
	}
}

/** From `ps`, on systems without /proc. */
const psProcesses: ProcessTable = async (wanted, signal) => {
	const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,stat=,rss=,time=,args="], {
		signal,
		maxBuffer: 16 * 1024 * 1024,
	})
	return parsePs(stdout).filter(({ pid, command }) => wanted(pid, command))
}

/** Lines of `ps -o pid=,stat=,rss=,time=,args=`: rss in KiB, time as `[[dd-]hh:]mm:ss[.hundredths]`. */
export const parsePs = (text: string): Process[] =>
	text.split("\n").flatMap((line) => {
		const match = /^\s*(\d+)\s+(\S+)\s+(\d+)\s+(?:(\d+)-)?((?:\d+:)+\d+(?:\.\d+)?)\s+(.*)$/.exec(line)
		if (match === null || match[2]?.startsWith("Z")) return []
		const [, pid, , rss, days = "0", time = "", command = ""] = match
		const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
		return [
			{
				pid: Number(pid),
				started: "",
				command: command.trim(),
				residentBytes: Number(rss) * 1024,
				cpuSeconds: Number(days) * 86_400 + seconds,
			},
		]
	})

export const processTable = (platform: NodeJS.Platform): ProcessTable =>
	platform === "linux" ? linuxProcesses : psProcesses
