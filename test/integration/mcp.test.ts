import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { createLogger, silentLogger } from "../../core/lib/log.ts"
import type { McpServerConfig } from "../../core/lib/mcp-config.ts"
import { loadMcpConfig } from "../../core/lib/mcp-config.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createMcpProber } from "../../exporters/sources/mcp/prober.ts"
import type { McpProber } from "../../exporters/sources/mcp/types.ts"
import { followMcpConfig } from "../../exporters/sources/mcp/watch.ts"
import { freePort } from "../support/postgres.ts"

const require = createRequire(import.meta.url)
const fixture = path.join(import.meta.dirname, "../fixtures/mcp/misbehaving.mjs")
const official = (name: string) =>
	path.join(path.dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)), "dist/index.js")

const stdio = (name: string, ...args: string[]): McpServerConfig => ({
	name,
	transport: "stdio",
	command: process.execPath,
	args,
	env: {},
})
const http = (name: string, url: string): McpServerConfig => ({ name, transport: "http", url, headers: {} })

function start(
	servers: McpServerConfig[],
	times: { intervalMs?: number; timeoutMs?: number; startTimeoutMs?: number } = {},
) {
	const lines: string[] = []
	const write = (_: number, bytes: Uint8Array) => {
		lines.push(Buffer.from(bytes).toString("utf8"))
		return bytes.length
	}
	const telemetry = new MetricRegistry()
	const prober = createMcpProber({
		telemetry,
		servers,
		log: createLogger("test", "info", { write }),
		clock: systemClock,
		intervalMs: 200,
		timeoutMs: 1_000,
		startTimeoutMs: 10_000,
		...times,
	})
	onTestFinished(() => prober.close())
	prober.start()
	return { telemetry, prober, log: () => lines.join("") }
}

const becomes = (prober: McpProber, name: string, state: string, timeout = 20_000) =>
	vi.waitFor(() => expect(prober.states().get(name)).toBe(state), { timeout, interval: 50 })

/** One value of an exposition, by the text of its name and labels. */
async function value(telemetry: MetricRegistry, series: string): Promise<number | undefined> {
	const line = (await telemetry.expose("health")).split("\n").find((text) => text.startsWith(`${series} `))
	return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

/** server-everything over HTTP on the given port. */
async function everythingOverHttp(port: number, transport = "streamableHttp") {
	const child = spawn(process.execPath, [official("server-everything"), transport], {
		env: { ...process.env, PORT: String(port) },
		stdio: "ignore",
	})
	onTestFinished(() => void child.kill("SIGKILL"))
	return child
}

/** A port without a listener. */
const deaf = await freePort()

/** Resolves when a server listens there. */
const answers = (port: number) => vi.waitFor(() => fetch(`http://127.0.0.1:${port}/mcp`), 60_000)

/** Whether a process runs; one that waits for its parent to notice its end does not. */
function runs(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
	} catch {
		return false
	}
}

const children = (): number[] =>
	readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)

describe("the MCP prober", () => {
	it("finds the official servers connected over stdio and counts their tools", async () => {
		const { prober, telemetry } = start(
			[stdio("everything", official("server-everything"), "stdio"), stdio("memory", official("server-memory"))],
			{ timeoutMs: 10_000 },
		)
		expect(await value(telemetry, 'autonomous_mcp_probes_total{server="memory"}')).toBe(0)
		expect(await value(telemetry, 'autonomous_mcp_probe_errors_total{server="everything"}')).toBe(0)
		await becomes(prober, "everything", "connected")
		await becomes(prober, "memory", "connected")
		expect(await value(telemetry, 'autonomous_mcp_server_tools{server="memory"}')).toBeGreaterThan(5)
		expect(await value(telemetry, 'autonomous_mcp_server_tools{server="everything"}')).toBeGreaterThan(5)
		expect(await value(telemetry, 'autonomous_mcp_server_status{server="memory",status="connected"}')).toBe(1)
		expect(await value(telemetry, 'autonomous_mcp_server_status{server="memory",status="error"}')).toBe(0)
		expect(await value(telemetry, 'autonomous_mcp_probe_duration_seconds_count{server="memory"}')).toBeGreaterThan(0)
		expect(await value(telemetry, 'autonomous_mcp_probe_errors_total{server="memory"}')).toBe(0)
	})

	it("follows a streamable HTTP server through a kill and a restart", async () => {
		const port = await freePort()
		const child = await everythingOverHttp(port)
		const { prober, telemetry } = start([http("everything", `http://127.0.0.1:${port}/mcp`)])
		await becomes(prober, "everything", "connected")
		child.kill("SIGKILL")
		await once(child, "exit")
		await becomes(prober, "everything", "disconnected")
		expect(await value(telemetry, 'autonomous_mcp_server_tools{server="everything"}')).toBeUndefined()
		await everythingOverHttp(port)
		await becomes(prober, "everything", "connected")
	})

	it("follows a server that speaks server-sent events through a kill and a restart", async () => {
		const port = await freePort()
		const child = await everythingOverHttp(port, "sse")
		const server = { name: "older", transport: "sse", url: `http://127.0.0.1:${port}/sse`, headers: {} } as const
		const { prober } = start([server])
		await becomes(prober, "older", "connected")
		child.kill("SIGKILL")
		await becomes(prober, "older", "disconnected")
		await everythingOverHttp(port, "sse")
		await becomes(prober, "older", "connected")
	})

	it("does not count a restart of an HTTP server as an error when it is back by the next probe", async () => {
		const port = await freePort()
		const child = await everythingOverHttp(port)
		await answers(port)
		const { prober, telemetry } = start([http("everything", `http://127.0.0.1:${port}/mcp`)], { intervalMs: 20_000 })
		await becomes(prober, "everything", "connected")
		child.kill("SIGKILL")
		await once(child, "exit")
		await everythingOverHttp(port)
		await answers(port)
		await vi.waitFor(
			async () => expect(await value(telemetry, 'autonomous_mcp_probes_total{server="everything"}')).toBe(2),
			60_000,
		)
		expect(prober.states().get("everything")).toBe("connected")
		expect(await value(telemetry, 'autonomous_mcp_probe_errors_total{server="everything"}')).toBe(0)
	})

	it("reports an HTTP server that accepts connections but does not answer as in error", async () => {
		const port = await freePort()
		const child = await everythingOverHttp(port)
		const { prober } = start([http("everything", `http://127.0.0.1:${port}/mcp`)], { timeoutMs: 500 })
		await becomes(prober, "everything", "connected")
		child.kill("SIGSTOP")
		await becomes(prober, "everything", "error")
		child.kill("SIGCONT")
		await becomes(prober, "everything", "connected")
	})

	it("restarts a killed child", async () => {
		const before = children()
		const { prober } = start([stdio("memory", official("server-memory"))], { intervalMs: 4_000 })
		await becomes(prober, "memory", "connected")
		const [pid] = children().filter((child) => !before.includes(child))
		expect(pid).toBeDefined()
		process.kill(Number(pid), "SIGKILL")
		await becomes(prober, "memory", "disconnected")
		await becomes(prober, "memory", "connected")
		expect(children()).not.toContain(pid)
	})

	it.each([
		["a missing program", "disconnected", { ...stdio("x"), command: "/nonexistent/server" }],
		["a program that exits at once", "disconnected", stdio("x", fixture, "exits")],
		["a child that never answers", "disconnected", stdio("x", fixture, "mute")],
		["a child that answers with something else than JSON", "error", stdio("x", fixture, "garbage")],
		["a server that answers with a protocol error", "error", stdio("x", fixture, "refuses")],
		["a server that never answers ping", "connected", stdio("x", fixture, "good")],
		["a server without tools that does not know ping", "connected", stdio("x", fixture, "toolless")],
		["a server that answers initialize and nothing else", "error", stdio("x", fixture, "silent-list")],
		["a slow server inside its deadline", "connected", stdio("x", fixture, "good", "200")],
		["a server that greets on standard output first", "connected", stdio("x", fixture, "banner")],
		["a port without a listener", "disconnected", http("x", `http://127.0.0.1:${deaf}/mcp`)],
		["an entry that cannot be used", "error", { name: "x", transport: "unusable", problems: [", url: is empty"] }],
		["a host that does not exist", "disconnected", http("x", "http://nowhere.invalid/mcp")],
	] as const)("finds %s %s", async (_, state, config) => {
		// Only a server that never answers fails soon.
		const patience = state === "connected" ? { startTimeoutMs: 30_000, timeoutMs: 10_000 } : { startTimeoutMs: 1_500 }
		const { prober, telemetry } = start([config], patience)
		await becomes(prober, "x", state)
		const failed = await value(telemetry, 'autonomous_mcp_probe_errors_total{server="x"}')
		if (state === "connected") expect(failed).toBe(0)
		else {
			expect(failed).toBeGreaterThan(0)
			expect(await telemetry.expose("health")).not.toMatch(/^autonomous_mcp_server_(tools|info)\{/m)
		}
	})

	it("exposes a server's protocol version while it is connected", async () => {
		const { prober, telemetry } = start([stdio("x", fixture)], { intervalMs: 60_000 })
		await becomes(prober, "x", "connected")
		const info = 'autonomous_mcp_server_info{server="x",protocol="2025-06-18"}'
		expect(await value(telemetry, info)).toBe(1)
		prober.update([])
		expect(await value(telemetry, info)).toBeUndefined()
	})

	it("leaves no child behind when its process is killed", async () => {
		const parent = spawn(
			process.execPath,
			[
				"--import",
				"tsx",
				path.join(import.meta.dirname, "../fixtures/mcp/prober.ts"),
				official("server-memory"),
				official("server-everything"),
			],
			{
				stdio: ["ignore", "pipe", "inherit"],
			},
		)
		onTestFinished(() => void parent.kill("SIGKILL"))
		const [line] = await once(parent.stdout, "data")
		const pids = String(line).trim().split(" ").map(Number)
		expect(pids).toHaveLength(2)
		const alive = () => pids.filter((pid) => existsSync(`/proc/${pid}`))
		expect(alive()).toEqual(pids)
		parent.kill("SIGKILL")
		await vi.waitFor(() => expect(alive()).toEqual([]), 60_000)
	})

	it("counts the tools on every page of the list, also when its cursors do not end", async () => {
		const modes = { good: 3, "empty-cursor": 3, "same-cursor": 1, "many-pages": 600 }
		const patience = { timeoutMs: 10_000, intervalMs: 60_000 }
		const { prober, telemetry } = start(
			Object.keys(modes).map((mode) => stdio(mode, fixture, mode)),
			patience,
		)
		for (const [mode, tools] of Object.entries(modes)) {
			await becomes(prober, mode, "connected")
			expect(await value(telemetry, `autonomous_mcp_server_tools{server="${mode}"}`)).toBe(tools)
		}
	})

	it("gives each request its own limit, and a start its own", async () => {
		const slow = stdio("slow", fixture, "good", "700")
		const starting = {
			...stdio("starting", "-c", `echo "Starting…"; sleep 2; exec "${process.execPath}" "${fixture}"`),
			command: "/bin/sh",
		} as const
		const { prober, telemetry } = start([slow, starting], { timeoutMs: 1_500, startTimeoutMs: 30_000 })
		await becomes(prober, "slow", "connected")
		await becomes(prober, "starting", "connected")
		expect(await value(telemetry, 'autonomous_mcp_probe_errors_total{server="slow"}')).toBe(0)
		expect(await value(telemetry, 'autonomous_mcp_probe_errors_total{server="starting"}')).toBe(0)
	})

	it("says at once how a program ended, with its exit code and its last words", async () => {
		const times = { timeoutMs: 60_000, startTimeoutMs: 60_000, intervalMs: 60_000 }
		const { prober, log } = start([stdio("dies", fixture, "dies", "5")], times)
		await becomes(prober, "dies", "disconnected")
		expect(log()).toContain("ended with exit code 7; it wrote last: licence has expired")
	})

	it("ends a server that floods its standard output, and answers for the others meanwhile", async () => {
		const floods = { ...stdio("floods"), command: "yes" } as const
		const before = process.memoryUsage().rss
		let longest = 0
		let last = performance.now()
		const heartbeat = setInterval(() => {
			longest = Math.max(longest, performance.now() - last)
			last = performance.now()
		}, 10)
		onTestFinished(() => clearInterval(heartbeat))
		const { prober, log } = start([floods, stdio("good", fixture)], { startTimeoutMs: 60_000, timeoutMs: 10_000 })
		await becomes(prober, "floods", "error")
		await becomes(prober, "good", "connected")
		expect(log()).toContain("it writes what is not MCP, without end")
		expect(longest).toBeLessThan(5_000)
		expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
	})

	it("ends a wrapper with all that it started, also what does not react to the end of its input", async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-mcp-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		const pidFile = path.join(folder, "pid")
		const wrapper = {
			...stdio("wrapper", "-c", `sleep 600 & echo $! > "${pidFile}"; "${process.execPath}" "${fixture}"; true`),
			command: "/bin/sh",
		} as const
		const { prober } = start([wrapper], { intervalMs: 60_000 })
		await becomes(prober, "wrapper", "connected")
		const pid = Number(readFileSync(pidFile, "utf8"))
		expect(existsSync(`/proc/${pid}`)).toBe(true)
		await prober.close()
		expect(runs(pid)).toBe(false)
	})

	it("reports a server that hangs after an answer as in error", async () => {
		const { prober } = start([stdio("x", fixture, "hangs")], { timeoutMs: 400, intervalMs: 600 })
		await becomes(prober, "x", "connected")
		await becomes(prober, "x", "error")
	})

	it("reports an HTTP server that answers with a web page, a failure or a refusal as in error", async () => {
		const server = createServer((req, res) => {
			const refusal = Number(/^\/(4\d\d)$/.exec(req.url ?? "")?.[1])
			if (refusal) return res.writeHead(refusal, { "www-authenticate": "Bearer" }).end("no".repeat(5_000))
			if (req.url === "/page") res.writeHead(200, { "content-type": "text/html" }).end("<h1>hello</h1>")
			else if (req.url === "/json") res.writeHead(200, { "content-type": "application/json" }).end("{not json")
			else res.writeHead(500).end("broken")
		})
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		onTestFinished(() => void server.close())
		const address = server.address()
		const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
		const reasons = {
			page: "Unexpected content type",
			json: "it writes what is not MCP",
			broken: "HTTP 500: the server failed",
			401: "HTTP 401: it needs a token",
			403: "HTTP 403: it needs a token",
			429: "HTTP 429: it limits the number of requests",
		}
		const names = Object.keys(reasons)
		const { prober, telemetry, log } = start([
			...names.map((name) => http(name, `${base}/${name}`)),
			{ name: "older", transport: "sse", url: `${base}/401`, headers: {} },
		])
		await Promise.all([...names, "older"].map((name) => becomes(prober, name, "error")))
		const lines = log().split("\n")
		for (const [name, reason] of Object.entries({ ...reasons, older: reasons[401] })) {
			const line = lines.find((text) => text.includes(`"mcpServer":"${name}"`))
			expect(line).toContain(reason)
			expect(line?.length).toBeLessThan(600)
		}
		expect(await telemetry.expose("health")).not.toMatch(/^autonomous_mcp_server_(tools|info)\{/m)
	})

	it("probes a good server on time beside ones that hang", async () => {
		const hanging = Array.from({ length: 5 }, (_, i) => stdio(`mute-${i}`, fixture, "mute"))
		const { prober, telemetry } = start([...hanging, stdio("good", fixture)], { startTimeoutMs: 60_000 })
		await becomes(prober, "good", "connected")
		await vi.waitFor(
			async () => expect(await value(telemetry, 'autonomous_mcp_probes_total{server="good"}')).toBeGreaterThan(5),
			10_000,
		)
	})

	it("leaves no child behind when it is closed, not even one that is still starting", async () => {
		const before = children()
		const { prober } = start([stdio("good", fixture), stdio("mute", fixture, "mute"), stdio("bad", fixture, "garbage")])
		await becomes(prober, "good", "connected")
		await prober.close()
		expect(children().filter((child) => !before.includes(child))).toEqual([])
	})

	it("follows its file: adds, changes and removes servers, and keeps the former ones through a malformed edit", async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-mcp-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		const file = path.join(folder, "mcp.json")
		const write = (servers: Record<string, unknown>) => writeFileSync(file, JSON.stringify({ mcpServers: servers }))
		const server = (...args: string[]) => ({ command: process.execPath, args: [fixture, ...args] })
		write({ a: server(), b: server() })
		const { prober, telemetry } = start(await loadMcpConfig(file, {}))
		const watch = followMcpConfig({ file, env: {}, prober, log: silentLogger, everyMs: 50 })
		onTestFinished(() => watch.close())
		await becomes(prober, "b", "connected")

		write({ a: server(), b: server("refuses"), c: server() })
		await becomes(prober, "c", "connected")
		await becomes(prober, "b", "error")

		writeFileSync(file, '{"mcpServers": {')
		await vi.waitFor(() => expect(watch.problem()).toContain(`${file}:1:17`), 60_000)
		expect([...prober.states().keys()]).toEqual(["a", "b", "c"])

		write({ a: server() })
		await vi.waitFor(() => expect([...prober.states().keys()]).toEqual(["a"]), 60_000)
		expect(watch.problem()).toBeUndefined()
		expect(await value(telemetry, 'autonomous_mcp_server_status{server="c",status="connected"}')).toBeUndefined()
	})
})
