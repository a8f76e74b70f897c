import { createServer, connect as dial, type Socket } from "node:net"

/** In front of a PostgreSQL, a server that refuses what PgBouncer's defaults refuse when a client connects. */
export interface Pooler {
	readonly url: string
	close(): Promise<void>
}

const REFUSED = ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "options"]

export async function poolerTo(postgresUrl: string): Promise<Pooler> {
	const target = new URL(postgresUrl)
	const open = new Set<Socket>()
	const server = createServer((client) => {
		open.add(client)
		client.on("error", () => client.destroy())
		client.once("data", (startup) => {
			const names = startup.subarray(8).toString("latin1").split("\0")
			const refused = REFUSED.find((name) => names.includes(name))
			if (refused) {
				client.end(errorResponse(`unsupported startup parameter: ${refused}`))
				return
			}
			const upstream = dial(Number(target.port), target.hostname)
			open.add(upstream)
			upstream.on("error", () => client.destroy())
			upstream.write(startup)
			client.pipe(upstream)
			upstream.once("data", (greeting) => {
				client.write(withOtherProcess(greeting))
				upstream.pipe(client)
			})
		})
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const address = server.address()
	const url = new URL(postgresUrl)
	url.hostname = "127.0.0.1"
	url.port = String(typeof address === "object" ? address?.port : "")
	return {
		url: url.href,
		close: () =>
			new Promise((resolve) => {
				for (const socket of open) socket.destroy()
				server.close(() => resolve())
			}),
	}
}

/** PgBouncer names a process of its own making, BackendKeyData, to each client. */
function withOtherProcess(greeting: Buffer): Buffer {
	for (let at = 0; at + 9 <= greeting.length; at += 1 + greeting.readInt32BE(at + 1))
		if (greeting[at] === "K".charCodeAt(0)) greeting.writeInt32BE(greeting.readInt32BE(at + 5) + 1_000_000, at + 5)
	return greeting
}

/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
function errorResponse(message: string): Buffer {
	const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`)
	const head = Buffer.alloc(5)
	head.write("E")
	head.writeInt32BE(fields.length + 4, 1)
	return Buffer.concat([head, fields])
}
