import { connect, createServer, type Server, type Socket } from "node:net"

/** A TCP server in front of another one, such as PostgreSQL, or in its place, that misbehaves on demand. */
export interface Gateway {
	readonly port: number
	/** Passes bytes on, does so but each answer seconds late, never answers, answers nonsense, or hangs up at once. */
	mode: "pass" | "slow" | "hang" | "garbage" | "refuse"
	/** Changes the mode and cuts what is connected. */
	become(mode: Gateway["mode"]): void
	/** The same connection string, through here. */
	url: string
	close(): Promise<void>
}

/** How late each piece of a slow server's answers is. */
const SLOW_MS = 4_000

/** Puts a gateway in front of the server that an address or a connection string names. */
export async function gatewayTo(url: string): Promise<Gateway> {
	const target = new URL(url)
	const sockets = new Set<Socket>()
	const keep = (socket: Socket) => {
		sockets.add(socket)
		socket.on("error", () => socket.destroy())
		socket.on("close", () => sockets.delete(socket))
	}
	const made: Gateway = {
		port: 0,
		url: "",
		mode: "pass",
		become(mode) {
			made.mode = mode
			for (const socket of sockets) socket.destroy()
		},
		close: () =>
			new Promise((resolve) => {
				for (const socket of sockets) socket.destroy()
				server.close(() => resolve())
			}),
	}
	const server: Server = createServer((socket) => {
		keep(socket)
		if (made.mode === "refuse") socket.destroy()
		else if (made.mode === "garbage") socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
		else if (made.mode === "pass" || made.mode === "slow") {
			const upstream = connect(Number(target.port), target.hostname)
			keep(upstream)
			socket.pipe(upstream)
			if (made.mode === "pass") upstream.pipe(socket)
			else upstream.on("data", (bytes) => setTimeout(() => socket.destroyed || socket.write(bytes), SLOW_MS))
			upstream.on("close", () => socket.destroy())
			socket.on("close", () => upstream.destroy())
		}
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const address = server.address()
	if (address === null || typeof address === "string") throw new Error("no port")
	const through = new URL(url)
	through.port = String(address.port)
	return Object.assign(made, { port: address.port, url: through.href })
}
