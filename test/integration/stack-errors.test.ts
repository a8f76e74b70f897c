import { randomUUID } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import path from "node:path"
import pg from "pg"
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest"
import { eventually } from "../support/process.ts"
import { childrenOf, isListening, portsIn, runStackProcess, temporaryHome } from "../support/stack.ts"

/** Runs it until it exits by itself, and checks that no process is left. */
async function refused(home: string, env: NodeJS.ProcessEnv, args: readonly string[] = []) {
	const run = runStackProcess(home, args, env)
	const code = await run.exited
	expect(childrenOf(home)).toEqual([])
	return { code, output: run.output() }
}

describe("npm start with a wrong configuration", () => {
	const { home, remove } = temporaryHome()
	const role = `limited_${randomUUID().slice(0, 8)}`
	const admin = new pg.Client(inject("postgresUrl"))
	const urlFor = (user: string, database: string) => {
		const url = new URL(inject("postgresUrl"))
		url.username = user
		url.pathname = `/${database}`
		return url.href
	}

	beforeAll(async () => {
		await admin.connect()
		await admin.query(`create role ${role} login`)
	})
	afterEach(async () => {
		// Whatever a run had opened is closed again, or the next one would say that it runs already.
		await eventually(() => childrenOf(home).length === 0)
	})
	afterAll(async () => {
		await admin.query(`drop role ${role}`)
		await admin.end()
		remove()
	})

	it("names a port in use, its process, and the variable that changes it", async () => {
		const server = createServer()
		const port = await new Promise<number>((resolve) =>
			server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
		)
		const { code, output } = await refused(home, { WEBHOOK_LISTEN: `127.0.0.1:${port}` })
		await new Promise((resolve) => server.close(resolve))
		expect(code).toBe(1)
		expect(output).toContain(`The webhook needs port ${port}`)
		expect(output).toContain("WEBHOOK_LISTEN=127.0.0.1:PORT")
		expect(output).not.toContain("starting")
	})

	it("reports an unreachable database", async () => {
		const { code, output } = await refused(home, { DATABASE_URL: "postgres://me:secret@127.0.0.1:1/x" })
		expect(code).toBe(1)
		expect(output).toContain("DATABASE_URL names (me@127.0.0.1:1/x): PostgreSQL cannot be reached")
		expect(output).not.toContain("secret")
		expect(output).not.toContain("starting")
	})

	it("reports a missing database", async () => {
		const { code, output } = await refused(home, { DATABASE_URL: urlFor(role, "nowhere") })
		expect(code).toBe(1)
		expect(output).toContain("the database does not exist")
	})

	it("names the missing right of a database's user, and how to grant it", async () => {
		const { code, output } = await refused(home, { DATABASE_URL: urlFor(role, "postgres") })
		expect(code).toBe(1)
		expect(output).toContain(`does not allow ${role} to create schemas`)
		expect(output).toContain(`GRANT CREATE ON DATABASE "postgres" TO "${role}";`)
	})

	it("refuses an invalid connection string without showing it", async () => {
		const { code, output } = await refused(home, { DATABASE_URL: "secret-of-mine" })
		expect(code).toBe(1)
		expect(output).toContain("DATABASE_URL: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")
		expect(output).not.toContain("secret-of-mine")
	})

	it("refuses a file of MCP servers that the exporters would refuse, and names the place", async () => {
		const file = path.join(home, "mcp.json")
		mkdirSync(home, { recursive: true })
		writeFileSync(file, '{\n  "mcpServers": {,}\n}\n')
		const wrong = await refused(home, { MCP_CONFIG: file })
		expect(wrong.code).toBe(1)
		expect(wrong.output).toContain(`${file}:2:18: this is not JSON`)
	})

	it("shows the compiler's errors in alerts.yaml before anything starts", async () => {
		const file = path.join(home, "alerts.yaml")
		writeFileSync(
			file,
			"alerts:\n  critical:\n    - name: broken\n      condition: health.databse.status == 'unhealthy'\n      channels: [pagerduty]\n",
		)
		const { code, output } = await refused(home, { ALERTS_FILE: file })
		expect(code).toBe(1)
		expect(output).toContain("alerts.yaml:4:")
		expect(output).toContain("did you mean database?")
		expect(output).not.toContain("PostgreSQL: starting")
		for (const port of portsIn(output)) expect(await isListening(port)).toBe(false)
	})

	it("answers an unknown option with exit code 2", async () => {
		const { code, output } = await refused(home, {}, ["--instal"])
		expect(code).toBe(2)
		expect(output).toContain('Unknown option "--instal": did you mean --install?')
	})

	it("refuses to break a part when nothing runs", async () => {
		const { code, output } = await refused(home, {}, ["break", "postgres"])
		expect(code).toBe(1)
		expect(output).toContain("Nothing runs here")
	})
})
