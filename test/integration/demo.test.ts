import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import {
	type CapturedSpan,
	childrenOf,
	type DemoProcess,
	isAlive,
	startCapture,
	startDemoProcess,
} from "./demo-support.ts"

let capture: Awaited<ReturnType<typeof startCapture>>
let demo: DemoProcess
let pool: pg.Pool

const count = async (query: string): Promise<number> =>
	Number((await pool.query(`select count(*) as n ${query}`)).rows[0].n)
const seen = (matches: (span: CapturedSpan) => boolean) => eventually(() => capture.spans.find(matches))
const calls = (server: string) => capture.spans.filter((span) => span.attributes["rpc.service"] === server)

beforeAll(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	capture = await startCapture()
	pool = new pg.Pool({ connectionString: url, max: 2 })
	demo = await startDemoProcess({ DATABASE_URL: url, OTEL_EXPORTER_OTLP_ENDPOINT: capture.url })
})

afterAll(async () => {
	await demo?.remove()
	await pool?.end()
	await capture?.close()
})

describe("the spans of the demo", () => {
	it("describe a tool call as the monitored system does", async () => {
		const span = await seen(({ name, status }) => name === "mcp.everything.get-sum" && status === 1)
		expect(span.kind).toBe(3)
		expect(span.resource).toMatchObject({
			"service.name": "demo-autonomous-system",
			"deployment.environment.name": "demo",
		})
		expect(span.attributes).toEqual({
			"rpc.system": "mcp",
			"rpc.service": "everything",
			"rpc.method": "get-sum",
			"mcp.source": "global",
			"mcp.timeout_ms": 10_000,
			"mcp.has_arguments": true,
			"mcp.request": expect.stringMatching(/^\{"a":\d+,"b":\d+\}$/),
			"mcp.task_id": expect.stringMatching(/^(demo-[0-9a-f-]{36}|\d+)$/),
			"mcp.duration_ms": expect.any(Number),
			"mcp.response_size_bytes": expect.any(Number),
		})
	})

	it("describe calls to the server on standard input and output as well", async () => {
		const span = await seen(({ name, status }) => name === "mcp.memory.create_entities" && status === 1)
		expect(span.attributes).toMatchObject({ "rpc.service": "memory", "rpc.method": "create_entities" })
	})

	it("describe a connection", async () => {
		const http = await seen(({ name }) => name === "mcp.connection.everything")
		expect(http).toMatchObject({ kind: 3, status: 1 })
		expect(http.attributes).toEqual({
			"mcp.server": "everything",
			"mcp.source": "global",
			"mcp.transport": "streamable-http",
		})
		const stdio = await seen(({ name }) => name === "mcp.connection.memory")
		expect(stdio.attributes["mcp.transport"]).toBe("stdio")
	})

	it("describe the reading of a resource", async () => {
		const span = await seen(({ name, status }) => name === "mcp.resource.everything" && status === 1)
		expect(span.kind).toBe(3)
		expect(span.attributes).toEqual({
			"mcp.server": "everything",
			"mcp.resource.uri": expect.stringMatching(/^demo:\/\/resource\/dynamic\/text\/\d+$/),
			"mcp.duration_ms": expect.any(Number),
			"mcp.response_size_bytes": expect.any(Number),
		})
	})

	it("describe the instrumented client's request", async () => {
		const span = await seen(({ name, status }) => name === "mcp.tools/call" && status === 1)
		expect(span.kind).toBe(3)
		expect(span.attributes).toEqual({
			"mcp.method": "tools/call",
			"mcp.params": expect.stringContaining("name"),
			"mcp.response_size": expect.any(Number),
		})
	})

	it("carry the token usage of the model's turns", async () => {
		const span = await seen(({ name, status }) => name === "claude.turn" && status === 1)
		expect(span.attributes["claude.token_usage"]).toBeGreaterThan(1_000)
		expect(span.attributes["claude.session_id"]).toMatch(/^demo-/)
	})
})

describe("the rows of the demo", () => {
	it("show sessions, evaluations and improvements", async () => {
		await eventually(
			async () => (await count("from observatory.claude_sessions where status = 'completed' and id !~ '^demo-2'")) > 0,
		)
		await eventually(
			async () =>
				(await count(
					`from public.tasks t join public."taskMetrics" m on m.id = t.task_metrics_id where t.passed and t.finished_at > now() at time zone 'utc' - interval '5 minutes'`,
				)) > 0,
		)
		await eventually(
			async () =>
				(await count(
					"from public.mcp_retrieval_calls where created_at > now() at time zone 'utc' - interval '5 minutes'",
				)) > 0,
		)
		await eventually(
			async () => (await count("from observatory.improvements where measured_at > now() - interval '5 minutes'")) > 0,
		)
		expect(await count("from observatory.claude_sessions where source <> 'demo'")).toBe(0)
	})

	it("write each call either to our table or to the evaluation system's", async () => {
		expect(
			await count("from observatory.mcp_calls where session_id not like 'demo-%' or session_id like 'demo-task-%'"),
		).toBe(0)
		expect(
			await count(
				`from public.mcp_retrieval_calls c join observatory.mcp_calls m
					on m.created_at at time zone 'utc' = c.created_at and m.response_bytes = c.response_size
						and round(m.duration_seconds * 1000) = c.duration_ms`,
			),
		).toBe(0)
	})
})

describe("the control surface", () => {
	it("refuses a request without the token", async () => {
		const response = await fetch(`${demo.control}/break/mcp`, {
			method: "POST",
			headers: { authorization: "Bearer guess" },
		})
		expect(response.status).toBe(401)
		expect((await demo.call("GET", "/status")).broken).toEqual([])
	})

	it("names the parts when it is asked for an unknown one", async () => {
		await expect(demo.call("POST", "/break/coffee")).rejects.toThrow(/400.*mcp, sessions, violations, reviews/)
	})

	it("kills the MCP server, which stays dead until it is repaired, and calls fail and then succeed again", async () => {
		const before = await demo.call("GET", "/status")
		const pid = before.mcpServer.pid ?? 0
		expect(isAlive(pid)).toBe(true)

		onTestFinished(async () => void (await demo.call("POST", "/repair/mcp")))
		const broken = await demo.call("POST", "/break/mcp")
		expect(broken).toMatchObject({ broken: ["mcp"], mcpServer: { pid: null } })
		expect(isAlive(pid)).toBe(false)
		await expect(fetch(before.mcpServer.url)).rejects.toThrow()
		const failed = await seen((span) => span.attributes["rpc.service"] === "everything" && span.status === 2)
		expect(failed.events[0]).toMatchObject({
			name: "exception",
			attributes: { "exception.message": expect.stringMatching(/everything|fetch|closed|timed out/i) },
		})
		const refused = await seen((span) => span.name === "mcp.connection.everything" && span.status === 2)
		expect(refused.events[0]?.name).toBe("exception")
		await sleep(1_500)
		expect((await demo.call("GET", "/status")).mcpServer.pid).toBeNull()

		const repaired = await demo.call("POST", "/repair/mcp")
		expect(repaired.mcpServer.url).toBe(before.mcpServer.url)
		expect(isAlive(repaired.mcpServer.pid ?? 0)).toBe(true)
		const from = calls("everything").length
		await eventually(() =>
			calls("everything")
				.slice(from)
				.some(({ status }) => status === 1),
		)
	})

	it("restarts the MCP server when it exits by itself", async () => {
		const { pid } = (await demo.call("GET", "/status")).mcpServer
		process.kill(pid ?? 0, "SIGKILL")
		const next = await eventually(async () => {
			const now = (await demo.call("GET", "/status")).mcpServer.pid
			return now !== null && now !== pid && now
		})
		expect(isAlive(next)).toBe(true)
	})

	it("describes both servers in the mcpServers file", async () => {
		const { mcpConfig, mcpServer } = await demo.call("GET", "/status")
		expect(JSON.parse(readFileSync(mcpConfig, "utf8")).mcpServers).toMatchObject({
			everything: { url: mcpServer.url, headers: { Authorization: expect.stringMatching(/^Bearer .{32}$/) } },
			memory: { command: process.execPath, args: [expect.stringContaining("server-memory")] },
		})
	})

	it("makes sessions fail, rules break and reviews pile up, until they are repaired", async () => {
		for (const part of ["sessions", "violations", "reviews"]) await demo.call("POST", `/break/${part}`)
		const since = new Date()
		const recent = (query: string, values: unknown[] = [since]) =>
			pool.query(query, values).then(({ rows }) => Number(rows[0].n))
		await eventually(
			async () =>
				(await recent(
					"select count(*) as n from observatory.claude_sessions where status in ('failed', 'timeout') and ended_at > $1",
				)) >= 4,
		)
		await eventually(
			async () => (await recent("select count(*) as n from observatory.violations where detected_at > $1")) > 10,
		)
		await eventually(async () => (await count("from observatory.reviews where status = 'pending'")) > 20)
		await demo.call("POST", "/repair/all")
		await eventually(async () => (await count("from observatory.reviews where status = 'pending'")) < 10)
		const later = new Date()
		await eventually(
			async () =>
				(await recent(
					"select count(*) as n from observatory.claude_sessions where status = 'completed' and started_at > $1",
					[later],
				)) > 0,
		)
	})
})

describe("a stop", () => {
	const working = () =>
		eventually(
			async () =>
				(await pool.query("select id from observatory.claude_sessions where status = 'running' limit 1")).rows[0]?.id as
					| string
					| undefined,
		)

	/** Stops running sessions by a status, as alert-webhook does; sessions start and end, so it may take several tries. */
	const stopSessions = (assignments: string) =>
		eventually(async () => {
			const { rows } = await pool.query(
				`update observatory.claude_sessions set ${assignments} where status in ('initializing', 'running') returning id`,
			)
			return rows.length > 0 && rows.map(({ id }) => String(id))
		})

	const called = () => calls("everything").length + calls("memory").length

	/** Calls in flight at the stop may still end; a session asks for its permission before each call. */
	const inFlightEnded = () =>
		eventually(async () => {
			const before = called()
			await sleep(4_000)
			return called() === before
		})

	it("that pauses blocks the session's calls and every new session until it ends", async () => {
		const paused = await stopSessions("status = 'paused'")
		await inFlightEnded()
		const from = called()
		const sessions = await count("from observatory.claude_sessions")
		await sleep(2_500)
		expect(called()).toBe(from)
		expect(await count("from observatory.claude_sessions")).toBe(sessions)
		await pool.query("update observatory.claude_sessions set status = 'running' where status = 'paused'")
		await eventually(
			async () =>
				(await count(
					`from observatory.claude_sessions where id in (${paused.map((id) => `'${id}'`).join()}) and ended_at is null`,
				)) === 0,
		)
	})

	it("in an emergency ends all sessions until a person releases it", async () => {
		const [id] = await stopSessions("status = 'emergency_stopped', ended_at = now(), updated_at = now()")
		await inFlightEnded()
		const from = called()
		const sessions = await count("from observatory.claude_sessions")
		await sleep(2_500)
		expect(called()).toBe(from)
		expect(await count("from observatory.claude_sessions")).toBe(sessions)
		expect(await count("from observatory.claude_sessions where status in ('initializing', 'running')")).toBe(0)
		expect(await count("from public.ai_observer_sessions where status = 'active'")).toBe(0)
		expect(
			(await pool.query("select status from observatory.claude_sessions where id = $1", [id])).rows[0].status,
		).toBe("emergency_stopped")
		await demo.call("POST", "/repair/stop")
		await working()
	})
})

describe("ending the demo", () => {
	it("closes open work and leaves no process behind", async () => {
		const children = childrenOf(demo.child.pid ?? 0)
		expect(children.length).toBe(2)
		demo.child.kill("SIGTERM")
		expect(await demo.exited).toBe(0)
		await eventually(() => !children.some(isAlive))
		expect(await count("from observatory.claude_sessions where ended_at is null")).toBe(0)
		expect(await count("from public.tasks where passed is null")).toBe(0)
		expect(demo.output()).not.toMatch(/"level":"error"|MaxListeners/)
	})

	it("leaves no process behind after a kill, and the next start closes its open work", async () => {
		const env = { DATABASE_URL: pool.options.connectionString ?? "", OTEL_EXPORTER_OTLP_ENDPOINT: capture.url }
		const killed = await startDemoProcess(env)
		const open = await eventually(async () => {
			const { rows } = await pool.query("select id from observatory.claude_sessions where status = 'running'")
			return rows[0]?.id as string | undefined
		})
		const children = await eventually(() => {
			const found = childrenOf(killed.child.pid ?? 0)
			return found.length === 2 && found
		})
		await killed.remove()
		await eventually(() => !children.some(isAlive))
		const stillOpen = await count(`from observatory.claude_sessions where id = '${open}' and ended_at is null`)
		const next = await startDemoProcess(env)
		try {
			await eventually(
				async () => (await count(`from observatory.claude_sessions where id = '${open}' and ended_at is null`)) === 0,
			)
			const { rows } = await pool.query("select status from observatory.claude_sessions where id = $1", [open])
			if (stillOpen === 1) expect(rows[0].status).toBe("failed")
		} finally {
			await next.remove()
		}
	})
})
