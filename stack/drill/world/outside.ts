import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** How the simulated GitHub answers. */
export type GithubMood = "well" | "failing" | "rate-limited"

/** What is around a stack: GitHub, a receiver of pages, and the endpoint that restarts the worker. */
export interface Outside {
	readonly url: string
	github: GithubMood
	/** Whether the receiver of pages accepts them. */
	receiver: "well" | "failing"
	/** Pages that the receiver accepted. */
	readonly accepted: () => number
	close(): Promise<void>
}

/** Starts it on loopback; `restartWorker` is called for POST /restart/worker. */
export async function startOutside(restartWorker: () => Promise<void>): Promise<Outside> {
	let accepted = 0
	const server = createServer((req, res) => {
		req.resume()
		void answer(req, res)
	})
	const answer = async (req: IncomingMessage, res: ServerResponse) => {
		const { pathname } = new URL(req.url ?? "/", "http://outside")
		const send = (status: number, body: object, headers: Record<string, string> = {}) =>
			res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
		if (pathname === "/restart/worker") {
			await restartWorker()
			return send(200, {})
		}
		if (pathname.startsWith("/receiver")) {
			if (outside.receiver === "failing") return send(503, { message: "down for a drill" })
			accepted += 1
			return send(200, { ok: true })
		}
		const limits = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4000" }
		if (outside.github === "failing") return send(502, { message: "down for a drill" })
		if (outside.github === "rate-limited")
			return send(
				429,
				{ message: "API rate limit exceeded" },
				{ ...limits, "x-ratelimit-remaining": "0", "retry-after": "60" },
			)
		if (pathname.endsWith("/runs")) return send(200, { total_count: 0, workflow_runs: [] }, limits)
		return send(404, { message: "Not Found" }, limits)
	}
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const outside: Outside = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		github: "well",
		receiver: "well",
		accepted: () => accepted,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections()
				server.close(() => resolve())
			}),
	}
	return outside
}
