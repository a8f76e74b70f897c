import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

export interface LoadOptions {
	readonly url: string
	readonly path: string
	readonly token: string
	/** The next body; all of them are of one length in bytes. */
	body(): Buffer
	readonly connections: number
	readonly ms: number
	/** Requests each second, started on time whatever the answers do; as fast as they are answered when left out. */
	readonly rate?: number
}

export interface LoadResult {
	readonly answered: number
	/** Answers other than 200. */
	readonly refused: number
	readonly perSecond: number
	/** Milliseconds from when a request was due to when its answer was complete, in ascending order. */
	readonly latencies: readonly number[]
}

/**
 * Posts over keep-alive connections, one request at a time on each. Written on bare sockets: a whole HTTP client would
 * cost more than the server that is measured.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
	const latencies: number[] = []
	let refused = 0
	const startedAt = performance.now()
	const until = startedAt + options.ms
	const clients = await Promise.all(Array.from({ length: options.connections }, () => Client.open(options)))
	const post = async (client: Client, dueAt: number) => {
		if ((await client.post(options.body())) !== 200) refused++
		latencies.push(performance.now() - dueAt)
	}
	if (options.rate === undefined)
		await Promise.all(
			clients.map(async (client) => {
				while (performance.now() < until) await post(client, performance.now())
			}),
		)
	else await atRate(clients, options.rate, { startedAt, until }, post)
	const seconds = (performance.now() - startedAt) / 1000
	for (const client of clients) client.close()
	latencies.sort((a, b) => a - b)
	return { answered: latencies.length, refused, perSecond: latencies.length / seconds, latencies }
}

/** A request that finds every connection busy waits for one, and its wait counts: it was due. */
async function atRate(
	clients: readonly Client[],
	rate: number,
	{ startedAt, until }: { startedAt: number; until: number },
	post: (client: Client, dueAt: number) => Promise<void>,
): Promise<void> {
	const idle = [...clients]
	const waiting: number[] = []
	const running = new Set<Promise<void>>()
	const begin = (client: Client, dueAt: number) => {
		const one = post(client, dueAt).then(() => {
			running.delete(one)
			const next = waiting.shift()
			if (next === undefined) idle.push(client)
			else begin(client, next)
		})
		running.add(one)
	}
	for (let n = 0; performance.now() < until; await sleep(1))
		for (; startedAt + (n * 1000) / rate <= performance.now(); n++) {
			const dueAt = startedAt + (n * 1000) / rate
			const client = idle.pop()
			if (client) begin(client, dueAt)
			else waiting.push(dueAt)
		}
	while (running.size > 0) await Promise.race(running)
}

class Client {
	readonly #socket: Socket
	readonly #head: string
	#received = ""
	#settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined

	static async open(options: LoadOptions): Promise<Client> {
		const { hostname, port } = new URL(options.url)
		const socket = connect(Number(port), hostname)
		socket.setNoDelay(true)
		await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject))
		return new Client(socket, options)
	}

	private constructor(socket: Socket, { path, token }: LoadOptions) {
		this.#socket = socket
		this.#head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: Alertmanager/0.25\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: `
		socket.setEncoding("latin1")
		socket.on("data", (chunk: string) => this.#read(chunk))
		socket.on("error", (error) => this.#settle?.reject(error))
		socket.on("close", () => this.#settle?.reject(new Error("the server closed the connection")))
	}

	post(body: Buffer): Promise<number> {
		this.#socket.cork()
		this.#socket.write(`${this.#head}${body.length}\r\n\r\n`)
		this.#socket.write(Buffer.from(body))
		this.#socket.uncork()
		return new Promise((resolve, reject) => {
			this.#settle = { resolve, reject }
		})
	}

	close(): void {
		this.#socket.destroy()
	}

	#read(chunk: string): void {
		this.#received += chunk
		const end = this.#received.indexOf("\r\n\r\n")
		if (end < 0) return
		const length = /content-length: (\d+)/i.exec(this.#received)?.[1]
		if (this.#received.length < end + 4 + Number(length ?? 0)) return
		const status = Number(this.#received.slice(9, 12))
		this.#received = ""
		const settle = this.#settle
		this.#settle = undefined
		settle?.resolve(status)
	}
}
