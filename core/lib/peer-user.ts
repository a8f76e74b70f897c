import { readFile } from "node:fs/promises"
import type { Socket } from "node:net"

/** The two ends of a TCP connection, as the process at one of them sees it. */
export interface Connection {
	readonly localAddress: string
	readonly localPort: number
	readonly remoteAddress: string
	readonly remotePort: number
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"]

const known = new WeakMap<Socket, Promise<number | undefined>>()

/**
 * The user id of the process at the other end of a connection within this host. Undefined where the system does not say:
 * for another host or network namespace, a connection that has ended, and outside Linux.
 */
export function peerUser(socket: Socket): Promise<number | undefined> {
	const found = known.get(socket) ?? lookUp(socket)
	known.set(socket, found)
	return found
}

async function lookUp(socket: Socket): Promise<number | undefined> {
	const { localAddress, localPort, remoteAddress, remotePort } = socket
	if (localAddress === undefined || localPort === undefined) return undefined
	if (remoteAddress === undefined || remotePort === undefined) return undefined
	// The peer's own entry has the two ends the other way round.
	const peer = {
		localAddress: remoteAddress,
		localPort: remotePort,
		remoteAddress: localAddress,
		remotePort: localPort,
	}
	for (const file of TABLES) {
		const owner = ownerIn(await readFile(file, "utf8").catch(() => ""), peer)
		if (owner !== undefined) return owner
	}
	return undefined
}

/** The user id of the socket with these ends in a table of the kernel (proc_net_tcp(5)). */
export function ownerIn(table: string, { localAddress, localPort, remoteAddress, remotePort }: Connection) {
	const ports = new RegExp(`:${hexPort(localPort)} [0-9A-F]+:${hexPort(remotePort)} `)
	for (const line of table.split("\n")) {
		if (!ports.test(line)) continue
		const [, local = "", remote = "", , , , , uid, , inode] = line.trim().split(/\s+/)
		// A socket without an inode has no process any more, and the kernel says 0 for its user.
		if (inode === "0" || !isAddress(local, localAddress) || !isAddress(remote, remoteAddress)) continue
		return Number(uid)
	}
	return undefined
}

const hexPort = (port: number) => port.toString(16).toUpperCase().padStart(4, "0")

const isAddress = (entry: string, address: string) => bytesOf(entry.slice(0, entry.indexOf(":"))) === canonical(address)

/** The kernel writes addresses as 32-bit numbers of the machine, which are little endian wherever Node runs. */
function bytesOf(hex: string): string {
	const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.reverse() ?? []) ?? []
	return bytes.join("").replace(/^0{20}FFFF/, "")
}

/** An address in the same form; IPv4 mapped into IPv6 is IPv4. */
function canonical(address: string): string {
	const v4 = /(?:^|::ffff:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)
	if (v4)
		return v4
			.slice(1)
			.map((byte) => hexByte(Number(byte)))
			.join("")
	const [head = "", tail] = (address.split("%")[0] ?? "").split("::")
	const groups = (text: string) => text.split(":").filter(Boolean)
	const [first, last] = [groups(head), groups(tail ?? "")]
	const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0")
	return [...first, ...(tail === undefined ? [] : zeros), ...last]
		.map((group) => group.toUpperCase().padStart(4, "0"))
		.join("")
}

const hexByte = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0")
