import path from "node:path"

/** One living process of this host. */
export interface HostProcess {
	readonly pid: number
	readonly parent: number
	/** The pid of its group's leader, which may have ended. */
	readonly group: number
	/** Its start since boot, in the system's ticks: another process with the same pid has another one. */
	readonly started: string
	readonly uid: number
	/** The file that it executes; empty when the system hides it. */
	readonly executable: string
	readonly args: readonly string[]
}

/** Which processes are sessions. */
export interface SessionPrograms {
	/** Absolute paths of executables or scripts; undefined for Claude Code as it is usually installed. */
	readonly programs: readonly string[] | undefined
	/** The users whose sessions are ended. */
	readonly uids: readonly number[]
}

/** As npm, the Agent SDK and the installer of Claude Code name its executable. */
const EXECUTABLES = [
	/\/@anthropic-ai\/claude-(code|agent-sdk)[^/]*\/(bin\/)?claude(\.exe)?$/,
	/\/\.local\/share\/claude\/versions\/[^/]+$/,
]
/** Versions that are no native program. */
const SCRIPT = /\/@anthropic-ai\/claude-(code|agent-sdk)\/cli\.m?js$/
/** An editor or a pager that has a script open is no session. */
const INTERPRETER = /^(node|bun|deno|python[\d.]*|bash|dash|sh)$/

/** The program of a session that a process runs; undefined for every other process. */
export function programOf({ executable, args }: HostProcess, { programs }: SessionPrograms): string | undefined {
	// The kernel marks a file that an update has replaced.
	const file = executable.replace(/ \(deleted\)$/, "")
	const script = INTERPRETER.test(path.basename(file)) ? (args[1] ?? "") : ""
	if (programs !== undefined) return programs.find((program) => program === file || program === script)
	if (EXECUTABLES.some((pattern) => pattern.test(file))) return file
	return SCRIPT.test(script) ? script : undefined
}

export const isSame = (a: HostProcess, b: HostProcess): boolean => a.pid === b.pid && a.started === b.started

export interface SessionTrees {
	/** The processes of sessions themselves. */
	readonly sessions: readonly HostProcess[]
	/** What they have started, such as a long command of a tool. */
	readonly started: readonly HostProcess[]
	/** Sessions of users whose sessions are not ended. */
	readonly foreign: readonly HostProcess[]
}

/**
 * The sessions of a host with everything that they have started: descendants, and members of groups that these lead,
 * whatever their parent is now. `self` and the processes beside it below a session are left out: a stop must not end the
 * observatory that an agent has started.
 */
export function sessionTrees(processes: readonly HostProcess[], wanted: SessionPrograms, self: number): SessionTrees {
	const all = processes.filter((one) => programOf(one, wanted) !== undefined)
	const sessions = all.filter(({ uid }) => wanted.uids.includes(uid))
	const children = childrenOf(processes)
	const spared = sparedOf(processes, sessions, self, children)
	const found = new Map(sessions.map((one) => [one.pid, one]))
	for (let next = [...sessions]; next.length > 0; ) {
		const leaders = new Set(next.map(({ pid }) => pid))
		const members = processes.filter(({ group, pid }) => group !== pid && leaders.has(group))
		const born = next.flatMap(({ pid }) => children.get(pid) ?? [])
		next = [...born, ...members].filter(({ pid }) => !found.has(pid) && !spared.has(pid))
		for (const one of next) found.set(one.pid, one)
	}
	const started = [...found.values()].filter((one) => !sessions.includes(one))
	return { sessions, started, foreign: all.filter((one) => !sessions.includes(one)) }
}

function childrenOf(processes: readonly HostProcess[]): ReadonlyMap<number, readonly HostProcess[]> {
	const children = new Map<number, HostProcess[]>()
	for (const one of processes) {
		const others = children.get(one.parent)
		if (others) others.push(one)
		else children.set(one.parent, [one])
	}
	return children
}

/** `self`, its ancestors below a session, and everything that these have started. */
function sparedOf(
	processes: readonly HostProcess[],
	sessions: readonly HostProcess[],
	self: number,
	children: ReadonlyMap<number, readonly HostProcess[]>,
): ReadonlySet<number> {
	const byPid = new Map(processes.map((one) => [one.pid, one]))
	const isSession = new Set(sessions.map(({ pid }) => pid))
	let top = self
	for (let parent = byPid.get(self)?.parent; parent !== undefined && byPid.has(parent); ) {
		if (isSession.has(parent)) break
		top = parent
		parent = byPid.get(parent)?.parent
	}
	const belowSession = isSession.has(byPid.get(top)?.parent ?? 0)
	const spared = new Set([self])
	for (let next = belowSession ? [top] : [self]; next.length > 0; ) {
		for (const pid of next) spared.add(pid)
		next = next.flatMap((pid) => children.get(pid) ?? []).flatMap(({ pid }) => (isSession.has(pid) ? [] : [pid]))
	}
	return spared
}
