import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A workflow run as GitHub's API gives it, with the fields that a client may rely on. */
export interface FakeRun {
	readonly id: number
	readonly name: string
	status: "queued" | "in_progress" | "completed" | "waiting"
	conclusion: string | null
	run_attempt: number
	run_started_at: string
	updated_at: string
	/** When its first job started. */
	job_started_at?: string
	/** The workflow's file; by default the one of autonomous analysis. */
	path?: string
}

export interface FakeGithub {
	readonly url: string
	readonly runs: FakeRun[]
	/** Requests by path, without the query; those answered "not modified" begin with `304 `. */
	readonly requests: string[]
	/** Answers every request with this until it is undefined again. */
	broken: { status: number; headers?: Record<string, string>; message?: string; body?: string } | "hang" | undefined
	/** Milliseconds before each answer. */
	delayMs: number
	remaining: number
	/** Questions about jobs that it still answers; then with status 502. */
	jobsLeft: number
	close(): Promise<void>
}

const RUNS = "/repos/acme/agents/actions/runs"

/** A server that answers as GitHub's OpenAPI description says: lists newest first, ETags, rate-limit headers. */
export async function fakeGithub(): Promise<FakeGithub> {
	const server = createServer((req, res) => {
		if (made.delayMs === 0) answer(made, req, res)
		else setTimeout(answer, made.delayMs, made, req, res)
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const made: FakeGithub = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		runs: [],
		requests: [],
		broken: undefined,
		delayMs: 0,
		remaining: 5_000,
		jobsLeft: Number.POSITIVE_INFINITY,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections()
				server.close(() => resolve())
			}),
	}
	return made
}

function answer(github: FakeGithub, req: IncomingMessage, res: ServerResponse) {
	const url = new URL(req.url ?? "/", "http://github")
	if (github.broken === "hang") return
	const limits = () => ({ "x-ratelimit-limit": "5000", "x-ratelimit-remaining": String(github.remaining) })
	const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
		github.requests.push(status === 304 ? `304 ${url.pathname}` : url.pathname)
		res.writeHead(status, { "content-type": "application/json; charset=utf-8", ...limits(), ...headers })
		res.end(status === 304 ? undefined : JSON.stringify(body))
	}
	if (github.broken) {
		const { status, headers, message = "broken", body } = github.broken
		if (body === undefined) return send(status, { message }, headers)
		github.requests.push(url.pathname)
		return res.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers }).end(body)
	}
	if (req.headers.authorization !== "token secret") return send(401, { message: "Bad credentials" })
	if (url.pathname === RUNS) {
		const newest = [...github.runs].sort((a, b) => b.id - a.id)
		const page = Number(url.searchParams.get("page") ?? 1)
		const body = { total_count: newest.length, workflow_runs: newest.slice((page - 1) * 100, page * 100).map(full) }
		const etag = `W/"${createHash("sha256").update(JSON.stringify(body)).digest("hex")}"`
		if (req.headers["if-none-match"] === etag) return send(304, undefined, { etag })
		github.remaining--
		return send(200, body, { etag })
	}
	github.remaining--
	const [, id, jobs] = new RegExp(`^${RUNS}/(\\d+)(/attempts/\\d+/jobs)?$`).exec(url.pathname) ?? []
	const run = github.runs.find((each) => String(each.id) === id)
	if (run === undefined) return send(404, { message: "Not Found" })
	if (jobs === undefined) return send(200, full(run))
	if (github.jobsLeft-- <= 0) return send(502, { message: "broken" })
	const job = {
		id: 1,
		run_id: run.id,
		name: "analyse",
		status: "completed",
		conclusion: "success",
		started_at: run.job_started_at,
	}
	send(200, { total_count: run.job_started_at ? 1 : 0, jobs: run.job_started_at ? [job] : [] })
}

const full = ({ job_started_at: _, ...run }: FakeRun) => ({
	path: ".github/workflows/autonomous-analysis.yml",
	...run,
	created_at: run.run_started_at,
	event: "schedule",
})
