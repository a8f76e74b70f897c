import { execFile } from "node:child_process"
import { readdir, readFile, readlink } from "node:fs/promises"
import { promisify } from "node:util"

/** A socket of this host that accepts connections. */
export interface Listener {
	readonly port: number
	readonly uid: number
	readonly inode: string
}

/** A process, as people look for it. */
export interface Holder {
	readonly pid: number
	readonly name: string
}

const LISTEN = "0A"

/** The listening sockets in a table of the kernel (proc_net_tcp(5)). */
export function listenersIn(table: string): Listener[] {
	return table.split("\n").flatMap((line) => {
		const [, local = "", , state, , , , uid, , inode = "0"] = line.trim().split(/\s+/)
		if (state !== LISTEN) return []
		return [{ port: Number.parseInt(local.slice(local.indexOf(":") + 1), 16), uid: Number(uid), inode }]
	})
}

/** The listening sockets of a port, with their users; none where the system does not say (outside Linux). */
export async function listenersOn(port: number): Promise<Listener[]> {
	const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8").catch(() => ""))
	return (await Promise.all(tables)).flatMap(listenersIn).filter((listener) => listener.port === port)
}

/** Of the sockets that a process has open, those that are wanted. */
async function socketsOf(pid: number | string, wanted: ReadonlySet<string>): Promise<string[]> {
	const folder = `/proc/${pid}/fd`
	const names = await readdir(folder).catch(() => [])
	const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => "")))
	return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []).filter((inode) => wanted.has(inode))
}

/**
 * Who listens on a port besides a process group of ours: what is said of it, or undefined when that group listens, or
 * no one does, or the system does not say (outside Linux).
 */
export async function foreignListener(port: number, group?: number): Promise<string | undefined> {
	const listeners = await listenersOn(port)
	if (listeners.length === 0) return undefined
	const inodes = new Set(listeners.map(({ inode }) => inode))
	if (group !== undefined && (await socketsOf(group, inodes)).length > 0) return undefined
	const holder = await processWith(inodes)
	if (holder !== undefined && group !== undefined && (await groupOf(holder.pid)) === group) return undefined
	return holder === undefined ? `a program of the user ${listeners[0]?.uid}` : textOf(holder)
}

/** The program that listens on a port, with its process; undefined where the system does not say. */
export async function listenerOf(port: number): Promise<string | undefined> {
	return (await foreignListener(port)) ?? (await fromLsof(port))
}

const textOf = ({ name, pid }: Holder) => `${name} (process ${pid})`

/** Processes of other users hide their files from everyone but root. */
async function processWith(inodes: ReadonlySet<string>): Promise<Holder | undefined> {
	const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))
	for (const pid of pids) {
		if ((await socketsOf(pid, inodes)).length === 0) continue
		const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim()
		return { pid: Number(pid), name: name || "a program" }
	}
	return undefined
}

/** The process group: the third field behind the command's name, which may hold anything (proc(5)). */
async function groupOf(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
	return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])
}

const run = promisify(execFile)

/** For systems without /proc. */
async function fromLsof(port: number): Promise<string | undefined> {
	try {
		const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], { timeout: 2_000 })
		const pid = /^p(\d+)$/m.exec(stdout)?.[1]
		const name = /^c(.+)$/m.exec(stdout)?.[1]
		return pid && name ? textOf({ pid: Number(pid), name }) : undefined
	} catch {
		// Not there, or it found no one: the process stays unnamed.
		return undefined
	}
}
