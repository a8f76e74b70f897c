import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

/**
 * What distinguishes this process from a later one with the same pid: the boot and the tick it started at.
 * Undefined when there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
	const fromProc = identityFromProc(pid)
	if (fromProc !== undefined) return fromProc
	if (process.platform === "linux") return undefined
	try {
		const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim()
		return started || undefined
	} catch {
		// ps says "no such process" by its exit code.
		return undefined
	}
}

function identityFromProc(pid: number): string | undefined {
	try {
		const ticks = startTicks(readFileSync(`/proc/${pid}/stat`, "utf8"))
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
		return ticks === undefined ? undefined : `${boot}:${ticks}`
	} catch {
		// No /proc, or no such process: both mean that it has no identity here.
		return undefined
	}
}

/** Field 22 of `/proc/PID/stat` (proc(5)), unless the process is a zombie, which no longer runs. */
export function startTicks(stat: string): string | undefined {
	// The command's name is in parentheses and may hold anything, so count from its end.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
	return fields[0] === "Z" ? undefined : fields[19]
}

/** True while the very process that had this identity runs. */
export function isAlive(pid: number, identity: string): boolean {
	return processIdentity(pid) === identity
}
