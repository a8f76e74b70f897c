import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"

/** What one program has in memory, with all of its processes, in bytes. */
export interface ProgramMemory {
	readonly program: string
	readonly processes: number
	readonly rss: number
	/** As RSS, but a page that several processes share counts once altogether: only this one can be added up. */
	readonly pss: number
}

interface Process {
	readonly pid: number
	readonly parent: number
	readonly command: readonly string[]
}

/** The memory of a process and all of its descendants, by program, the largest first. Linux only. */
export function memoryBelow(pid: number): ProgramMemory[] {
	const processes = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? processOf(Number(name)) : []))
	const programs = new Map<string, ProgramMemory>()
	for (const one of descendants(processes, pid)) {
		const memory = memoryOf(one.pid)
		if (memory === undefined) continue
		const program = programOf(one.command)
		const before = programs.get(program) ?? { program, processes: 0, rss: 0, pss: 0 }
		const { rss, pss } = memory
		programs.set(program, {
			program,
			processes: before.processes + 1,
			rss: before.rss + rss,
			pss: before.pss + pss,
		})
	}
	return [...programs.values()].sort((a, b) => b.pss - a.pss)
}

function descendants(processes: readonly Process[], pid: number): Process[] {
	const own = processes.filter((one) => one.pid === pid)
	const below = processes.filter(({ parent }) => parent === pid)
	return [...own, ...below.flatMap((one) => descendants(processes, one.pid))]
}

/** A process that has ended meanwhile is left out. */
function processOf(pid: number): Process[] {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
		// The name in parentheses may have spaces.
		const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
		const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean)
		return [{ pid, parent: Number(parent), command }]
	} catch {
		return []
	}
}

function memoryOf(pid: number): { rss: number; pss: number } | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
		const bytes = (field: string) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0)
		return { rss: bytes("Rss"), pss: bytes("Pss") }
	} catch {
		return undefined
	}
}

/** The name of the executable; of a program of Node the script, below the folder that has it. */
export function programOf(command: readonly string[]): string {
	const [executable = "?", ...args] = command
	const name = path.basename(executable.split(" ")[0] ?? "").replace(/:$/, "")
	if (name !== "node") return name
	const script = args.find((arg) => /\.[cm]?[jt]s$/.test(arg))
	return script === undefined ? name : script.split("/").slice(-3).join("/")
}
