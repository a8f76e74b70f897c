import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { expect, it, onTestFinished } from "vitest"
import { silentLogger } from "../../core/lib/log.ts"
import { superviseEverything } from "../../demo/mcp/supervisor.ts"

it("the demo's MCP server gets no secret of the demo's environment", async () => {
	const env = { ...process.env, DATABASE_URL: "postgres://user:password@127.0.0.1/db", GITHUB_TOKEN: "secret" }
	const server = await superviseEverything({ host: "127.0.0.1", port: 0 }, env, silentLogger)
	onTestFinished(() => server.close())
	const client = new Client({ name: "test", version: "1" })
	await client.connect(new StreamableHTTPClientTransport(new URL(server.url)))
	onTestFinished(() => client.close())
	const { tools } = await client.listTools()
	const tool = tools.find(({ name }) => /env/i.test(name))
	expect(tool).toBeDefined()
	const shown = JSON.stringify(await client.callTool({ name: tool?.name ?? "" }))
	expect(shown).toContain("PATH")
	expect(shown).not.toMatch(/password|secret|DATABASE_URL|GITHUB_TOKEN/)
})
