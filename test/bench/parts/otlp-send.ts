import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { Agent, request } from "node:http"
import { fileURLToPath } from "node:url"

/** What the measured process reports when it is asked. */
export interface Reading {
	readonly url: string
	/** Seconds of CPU since the process began. */
	readonly cpu: number
	readonly rss: number
	/** Longest pause of the event loop since the last reading, in milliseconds. */
	readonly pause: number
	readonly received: number
	readonly processed: number
	readonly dropped: number
	readonly refused: number
	/** What was offered to the store, and what became of it; 0 without one. */
	readonly offered: number
	readonly stored: number
	readonly storeDropped: number
	readonly storeFiltered: number
}

/** What a receiver is asked for: a reading; one once nothing waits in it; or to load itself for so long before. */
export type Wish = { readonly drain?: boolean; readonly loadMs?: number }

/** A receiver in a process of its own; it stores where it is given a database. `disconnect` ends it. */
export const startReceiver = (databaseUrl?: string): ChildProcess =>
	fork(fileURLToPath(new URL("./otlp-receiver.ts", import.meta.url)), databaseUrl === undefined ? [] : [databaseUrl], {
		execArgv: ["--import", "tsx"],
	})

/** What a receiver reports; with `drain`, once nothing waits in it. */
export const read = (child: ChildProcess, drain = false): Promise<Reading> => ask(child, { drain })

export async function ask(child: ChildProcess, wish: Wish): Promise<Reading> {
	const answer = once(child, "message")
	child.send(wish)
	const [reading] = await answer
	return reading
}

/** Posts bodies over so many connections, each as fast as it is answered, and returns how many were answered. */
export async function send(
	url: string,
	encoding: string,
	body: () => Buffer,
	connections: number,
	ms: number,
): Promise<number> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections })
	const type = encoding === "json" ? "application/json" : "application/x-protobuf"
	const until = Date.now() + ms
	let answered = 0
	const one = () =>
		new Promise<void>((resolve, reject) => {
			const bytes = body()
			const headers = { "content-type": type, "content-length": bytes.length }
			const req = request(`${url}/v1/traces`, { method: "POST", agent, headers }, (res) => {
				res.resume().once("end", resolve)
			})
			req.once("error", reject)
			req.end(bytes)
		})
	await Promise.all(
		Array.from({ length: connections }, async () => {
			for (; Date.now() < until; answered++) await one()
		}),
	)
	agent.destroy()
	return answered
}
