import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { expect, it, onTestFinished } from "vitest"
import { silentLogger } from "../../core/lib/log.ts"
import { superviseEverything } from "../../demo/mcp/supervisor.ts"
import { eventually } from "../support/process.ts"

const TOKEN = "a-token-of-the-demo"
const headers = { authorization: `Bearer ${TOKEN}` }

it("the demo's MCP server gets no secret of the demo's environment", async () => {
	const env = { ...process.env, DATABASE_URL: "postgres://user:password@127.0.0.1/db", GITHUB_TOKEN: "secret" }
	const server = await superviseEverything({ host: "127.0.0.1", port: 0 }, env, TOKEN, silentLogger)
	onTestFinished(() => server.close())
	const client = new Client({ name: "test", version: "1" })
	await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }))
	onTestFinished(() => client.close())
	const { tools } = await client.listTools()
	const tool = tools.find(({ name }) => /env/i.test(name))
	expect(tool).toBeDefined()
	const shown = JSON.stringify(await client.callTool({ name: tool?.name ?? "" }))
	expect(shown).toContain("PATH")
	expect(shown).not.toMatch(/password|secret|DATABASE_URL|GITHUB_TOKEN/)
	expect(shown).not.toContain(TOKEN)
})

it("the demo's MCP server answers only to its token, and to no page of another site", async () => {
	const server = await superviseEverything({ host: "127.0.0.1", port: 0 }, process.env, TOKEN, silentLogger)
	onTestFinished(() => server.close())
	const statusOf = async (headers: Record<string, string>) =>
		(await fetch(server.url, { method: "POST", headers })).status
	expect(await statusOf({})).toBe(401)
	expect(await statusOf({ authorization: "Bearer another" })).toBe(401)
	expect(await statusOf({ ...headers, origin: "https://evil.example" })).toBe(403)
	expect(await statusOf(headers)).not.toBe(401)
})

it("the repair of the demo's MCP server replaces one that is frozen or fails, and leaves one alone that answers", async () => {
	const server = await superviseEverything({ host: "127.0.0.1", port: 0 }, process.env, TOKEN, silentLogger)
	onTestFinished(() => server.close())
	const status = async () => (await fetch(server.url, { method: "POST" })).status
	const first = server.pid() ?? 0
	await server.repair()
	expect(server.pid()).toBe(first)
	process.kill(first, "SIGUSR2")
	await eventually(status, (answer) => answer === 500)
	await server.repair()
	const second = server.pid() ?? 0
	expect([second === first, await status()]).toEqual([false, 401])
	process.kill(second, "SIGSTOP")
	await server.repair()
	expect([server.pid() === second, await status()]).toEqual([false, 401])
})
