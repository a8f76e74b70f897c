import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

export interface FakeWorkflow {
	readonly url: string
	/** As GitHub's API calls it. */
	state: "active" | "disabled_manually"
	/** Calls that changed something, in the order in which they took effect. */
	readonly changes: ("enable" | "disable")[]
	/** Answers nothing but this status, or nothing at all. */
	broken: number | "hang" | undefined
	/** How long an enable takes to arrive. */
	enableDelayMs: number
	close(): Promise<void>
}

/** A repository acme/evals with one workflow, which answers as GitHub's API describes. */
export async function fakeWorkflow(): Promise<FakeWorkflow> {
	const server = createServer(async (req, res) => {
		const { broken } = made
		if (broken === "hang") return
		res.setHeader("content-type", "application/json")
		if (broken !== undefined) return void res.writeHead(broken).end('{"message":"broken"}')
		if (req.url?.startsWith("/repos/acme/evals/actions/workflows?")) {
			const workflow = { id: 7, name: "Analysis", path: ".github/workflows/autonomous-analysis.yml", state: made.state }
			return void res.end(JSON.stringify({ total_count: 1, workflows: [workflow] }))
		}
		const [, verb] = /^\/repos\/acme\/evals\/actions\/workflows\/7\/(enable|disable)$/.exec(req.url ?? "") ?? []
		if (req.method !== "PUT" || (verb !== "enable" && verb !== "disable")) return void res.writeHead(404).end("{}")
		if (verb === "enable") await sleep(made.enableDelayMs)
		made.state = verb === "enable" ? "active" : "disabled_manually"
		made.changes.push(verb)
		res.writeHead(204).end()
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const made: FakeWorkflow = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		state: "active",
		changes: [],
		broken: undefined,
		enableDelayMs: 0,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections()
				server.close(() => resolve())
			}),
	}
	return made
}
