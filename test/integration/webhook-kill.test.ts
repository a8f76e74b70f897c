import { spawn } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { startLoadedRules } from "../support/loaded-rules.ts"
import { freePort } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { program } from "../support/programs.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN, webhookClient } from "../support/webhook-client.ts"

let calls = 0
/** A control endpoint that takes a call and never answers, so that the process can be killed in the middle of it. */
const hanging = createServer((req) => {
	calls++
	req.resume()
})
let databaseUrl: string
let env: Record<string, string>
let survivor: TestWebhook

beforeAll(async () => {
	await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve))
	const { port } = hanging.address() as AddressInfo
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-kill-"))
	const restarters = path.join(folder, "remediation.yaml")
	writeFileSync(
		restarters,
		JSON.stringify({ mcp_servers: { everything: { http: { url: `http://127.0.0.1:${port}/restart` } } } }),
	)
	const policies = path.join(folder, "policies.yaml")
	writeFileSync(policies, "policies: {}\n")
	databaseUrl = await migratedDatabase(inject("postgresUrl"))
	env = { REMEDIATION_CONFIG: restarters, ESCALATION_POLICIES: policies, VERIFY_EVERY: "1s", VERIFY_FOR: "2s" }
})
afterAll(async () => {
	await survivor?.stop()
	hanging.closeAllConnections()
	hanging.close()
})

describe("a process that is killed while it remediates", () => {
	it("leaves a remediation that is not done again but counted as failed by a replica, and pages a person", async () => {
		const prometheus = await startLoadedRules()
		onTestFinished(() => prometheus.close())
		const port = await freePort()
		const home = mkdtempSync(path.join(tmpdir(), "observatory-home-"))
		const doomed = spawn(process.execPath, program("alert-webhook/main.ts"), {
			stdio: "ignore",
			env: {
				...process.env,
				...env,
				DATABASE_URL: databaseUrl,
				WEBHOOK_LISTEN: `127.0.0.1:${port}`,
				WEBHOOK_TOKEN,
				CONSOLE_TOKEN,
				OBSERVATORY_HOME: home,
				PROMETHEUS_URL: prometheus.url,
				ALERTMANAGER_URL: "http://127.0.0.1:9",
			},
		})
		const url = `http://127.0.0.1:${port}`
		try {
			await eventually(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok ?? false)
			const client = webhookClient(url, { delivering: prometheus.load })
			await client.setPolicy({ action: "reconnectMcpServer", mode: "auto" })
			const labels = { remediation: "reconnectMcpServer", server: "everything" }
			await client.notify({ name: "mcp_connection_lost", labels })
			await eventually(
				async () => calls,
				(n) => n === 1,
			)
		} finally {
			doomed.kill("SIGKILL")
		}

		survivor = await startTestWebhook(databaseUrl, { env })
		const [row] = await eventually(
			() => survivor.remediations(),
			([first]) => first?.state === "failed",
		)
		expect(row?.reason).toMatch(/was lost while it was being done/)
		expect(calls).toBe(1)
		const metrics = await survivor.metrics()
		expect(metrics).toContain('observatory_pages_open{kind="remediation_failed"} 1')
		expect(await survivor.verifyAudit()).toMatchObject({ whole: true })
	})
})
