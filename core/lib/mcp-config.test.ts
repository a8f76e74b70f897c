// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's syntax of variables
import { describe, expect, it } from "vitest"
import { ObservatoryError } from "./errors.ts"
import { loadMcpConfig, parseMcpConfig, problemsOf, warningsOf } from "./mcp-config.ts"

const parse = (document: unknown, env: Record<string, string> = {}) =>
	parseMcpConfig(typeof document === "string" ? document : JSON.stringify(document), "mcp.json", env)

/** What is wrong with a document, or with its entries. */
function problem(document: unknown, env: Record<string, string> = {}): string {
	try {
		const problems = problemsOf(parse(document, env))
		if (problems.length > 0) return problems.join("\n")
	} catch (error) {
		if (error instanceof ObservatoryError) return error.message
	}
	throw new Error("expected a problem")
}

describe("parseMcpConfig", () => {
	it("reads stdio, streamable HTTP and SSE servers in the usual form", () => {
		const servers = parse({
			mcpServers: {
				memory: { type: "stdio", command: "npx", args: ["-y", "server-memory"], env: { A: "1" }, cwd: "/srv" },
				bare: { command: "server" },
				remote: { type: "http", url: "https://mcp.example/mcp", headers: { Authorization: "Bearer x" } },
				untyped: { url: "http://localhost:3000/mcp" },
				old: { type: "sse", url: "http://localhost:3000/sse" },
			},
		})
		expect(servers).toEqual([
			{
				name: "memory",
				transport: "stdio",
				command: "npx",
				args: ["-y", "server-memory"],
				env: { A: "1" },
				cwd: "/srv",
			},
			{ name: "bare", transport: "stdio", command: "server", args: [], env: {} },
			{ name: "remote", transport: "http", url: "https://mcp.example/mcp", headers: { Authorization: "Bearer x" } },
			{ name: "untyped", transport: "http", url: "http://localhost:3000/mcp", headers: {} },
			{ name: "old", transport: "sse", url: "http://localhost:3000/sse", headers: {} },
		])
	})

	it("replaces environment variables, with an optional default", () => {
		const [server] = parse(
			{
				mcpServers: {
					x: { command: "${BIN}/x", args: ["--key=${KEY:-none}", "${BIN}${BIN}"], env: { T: "${TOKEN}" } },
				},
			},
			{ BIN: "/opt", TOKEN: "t" },
		)
		expect(server).toMatchObject({ command: "/opt/x", args: ["--key=none", "/opt/opt"], env: { T: "t" } })
	})

	it("names every variable that is not set, with its server and field", () => {
		const text = problem({ mcpServers: { x: { url: "http://${HOST}/", headers: { Authorization: "${KEY}" } } } })
		expect(text).toContain('server "x", url: the environment variable HOST is not set')
		expect(text).toContain('server "x", headers.Authorization: the environment variable KEY is not set')
	})

	it("omits disabled servers and ignores settings of other clients", () => {
		const servers = parse({
			theme: "dark",
			mcpServers: {
				off: { command: "x", disabled: true },
				on: { command: "y", disabled: false, timeout: 3, alwaysAllow: [] },
			},
		})
		expect(servers.map(({ name }) => name)).toEqual(["on"])
	})

	it.each([
		["a field of the wrong kind", { command: "x", args: "y" }, 'server "s", args: expected a list of texts'],
		["a list with something else than text", { command: "x", args: [1] }, 'server "s", args.0: expected text'],
		["a wrong type", { type: "carrier-pigeon", url: "http://x/" }, 'server "s", type:'],
		["an address that is none", { url: "not an address" }, 'server "s", url: expected an http:// or https:// address'],
		["neither a program nor an address", {}, 'server "s": needs either "command"'],
		["both a program and an address", { command: "x", url: "http://x/" }, 'server "s": needs either "command"'],
		["a transport of other clients", { type: "ws", url: "ws://x/" }, 'server "s", type: expected "http"'],
		["a number where a text belongs", { command: "x", env: { PORT: 1 } }, 'server "s", env.PORT: expected text'],
		["a server that is no object", "x", 'server "s": expected an object'],
	])("refuses %s and names the place", (_, server, message) => {
		expect(problem({ mcpServers: { s: server } })).toContain(message)
	})

	it("keeps the servers beside one that cannot be used, which keeps its name", () => {
		const servers = parse({ mcpServers: { good: { command: "x" }, bad: { command: "${NOPE}", arg: [] } } })
		expect(servers.map(({ name, transport }) => [name, transport])).toEqual([
			["good", "stdio"],
			["bad", "unusable"],
		])
	})

	it("uses a server with fields of a newer client, and warns of those that are not known", () => {
		const newer = { alwaysLoad: true, tools: { x: {} } }
		const servers = parse({
			mcpServers: {
				a: { command: "x", ...newer },
				b: { url: "http://x/", ...newer },
				c: { command: "x", arg: [], "2027": 1 },
			},
		})
		expect(servers.map(({ transport }) => transport)).toEqual(["stdio", "http", "stdio"])
		expect(warningsOf(servers)).toEqual([
			'server "c", 2027: is not known here and ignored',
			'server "c", arg: is not known here and ignored; did you mean args?',
		])
		expect(problemsOf(servers)).toEqual([])
	})

	it("reports the problems of all servers at once", () => {
		const text = problem({ mcpServers: { a: {}, b: { command: "" } } })
		expect(text).toContain('server "a"')
		expect(text).toContain('server "b", command: is empty')
	})

	it("reports a missing key mcpServers", () => {
		expect(problem({ servers: {} })).toContain('expected an object with the key "mcpServers"')
	})

	it.each([
		[
			'{\n  "mcpServers": {\n    "a": {"command": "x",}\n  }\n}',
			"mcp.json:3:26: this is not JSON: property name expected",
		],
		['{"mcpServers": {}', "mcp.json:1:18: this is not JSON: close brace expected"],
		['{"mcpServers": {"a": {"command": x}}}', "mcp.json:1:34: this is not JSON: invalid symbol"],
		['{"a" 1}', "mcp.json:1:6: this is not JSON: colon expected"],
		["{} extra", "mcp.json:1:4: this is not JSON: invalid symbol"],
		["", "mcp.json:1:1: this is not JSON: value expected"],
	])("gives line and column of a JSON error: %j", (text, message) => {
		expect(problem(text)).toContain(message)
	})

	it("explains how to create a missing file", async () => {
		await expect(loadMcpConfig("/nonexistent/mcp.json", {})).rejects.toMatchObject({
			code: "file_unreadable",
			advice: expect.stringContaining("mcpServers"),
		})
	})
})
