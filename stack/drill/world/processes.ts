import { readdirSync, readFileSync } from "node:fs"

/** A process and all of its descendants; read from /proc. */
export function processTree(root: number): number[] {
	const parents = readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			try {
				const stat = readFileSync(`/proc/${name}/stat`, "utf8")
				const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
				return [{ pid: Number(name), parent: Number(parent) }]
			} catch {
				return []
			}
		})
	const below = (pid: number): number[] => [
		pid,
		...parents.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid)),
	]
	return below(root)
}

/** Freezes or continues a process with its descendants; one that has ended meanwhile does not matter. */
export function signalTree(root: number, signal: "SIGSTOP" | "SIGCONT"): void {
	for (const pid of processTree(root)) {
		try {
			process.kill(pid, signal)
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
		}
	}
}
