import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import type { OtlpReceiver } from "../../exporters/sources/otlp/types.ts"

const run = promisify(execFile)
const ROOT = path.resolve(import.meta.dirname, "../..")
const NAME = "mcp-observatory-instrumentation"
/** What an application has already, or npm would fetch; here it is linked, so that no registry is needed. */
const LINKED = ["api", "sdk-trace-base", "exporter-trace-otlp-proto"].map((name) => `@opentelemetry/${name}`)

let folder: string
let application: string
let telemetry: MetricRegistry
let receiver: OtlpReceiver
const installed = (...parts: string[]) => path.join(application, "node_modules", NAME, ...parts)

beforeAll(async () => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-application-"))
	const packed = await run("npm", ["pack", "./exporters/instrumentation", "--json", "--pack-destination", folder], {
		cwd: ROOT,
	})
	const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[")))
	application = path.join(folder, "application")
	mkdirSync(application)
	writeFileSync(path.join(application, "package.json"), '{ "private": true }')
	const linked = LINKED.map((name) => path.join(ROOT, "node_modules", name))
	const offline = ["--offline", "--no-audit", "--no-fund", "--install-links=false"]
	await run("npm", ["install", ...offline, path.join(folder, filename), ...linked], { cwd: application })
	telemetry = new MetricRegistry({ ownGroup: "health" })
	receiver = await createOtlpReceiver({
		telemetry,
		listen: { host: "127.0.0.1", port: 0 },
		zeroHoldMs: 0,
		log: silentLogger,
		clock: systemClock,
	})
})
afterAll(async () => {
	await receiver?.close()
	rmSync(folder, { recursive: true, force: true })
})

const BODY = `
	const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer("application")
	tracer.startSpan("GET /users").end()
	const attributes = { "rpc.system": "mcp", "rpc.service": name, "mcp.request": "a secret" }
	tracer.startSpan("mcp.memory.search", { attributes }).end()
	metrics.captureMetric({ name: "index_size", value: 12.5 })
	await Promise.all([processor.shutdown(), metrics.shutdown()])
`
const CREATE = `
	const [url, name] = process.argv.slice(2)
	const processor = new MonitoringSpanProcessor({ url })
	const onError = (error) => { throw error }
	const metrics = new MetricCapture({ url, application: name, onError })
`
const APPLICATIONS = {
	"application.mjs": `
		import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
		import { MetricCapture, MonitoringSpanProcessor } from "${NAME}"
		${CREATE}${BODY}`,
	"application.cjs": `
		const { BasicTracerProvider } = require("@opentelemetry/sdk-trace-base")
		const { MetricCapture, MonitoringSpanProcessor } = require("${NAME}")
		${CREATE}void (async () => {${BODY}})()`,
}

describe("the package for applications", () => {
	it("holds what is built, its licence and its page, and nothing else", () => {
		const files = readdirSync(installed(), { recursive: true, encoding: "utf8" }).sort()
		expect(files.filter((file) => !/^dist\/[a-z-]+(\.d\.ts|\.js)$/.test(file))).toEqual([
			"LICENSE",
			"README.md",
			"dist",
			"package.json",
		])
		expect(files).toContain("dist/index.d.ts")
	})

	it("imports only itself and what its package.json names", () => {
		const { dependencies, peerDependencies } = JSON.parse(readFileSync(installed("package.json"), "utf8"))
		const named = Object.keys({ ...dependencies, ...peerDependencies })
		const sources = readdirSync(installed("dist")).map((file) => readFileSync(installed("dist", file), "utf8"))
		const imported = sources.flatMap((text) => [...text.matchAll(/\bfrom "([^"]+)"/g)].map((match) => match[1] ?? ""))
		expect(imported.length).toBeGreaterThan(5)
		expect(imported.filter((name) => !name.startsWith("./") && !named.includes(name))).toEqual([])
	})

	it.each(Object.entries(APPLICATIONS))("sends what is measured, and only that, from %s", async (file, source) => {
		writeFileSync(path.join(application, file), source)
		const server = `from-${file}`
		const received = await value("autonomous_telemetry_spans_received_total")
		await run(process.execPath, [file, receiver.url, server], { cwd: application })
		expect(await value("autonomous_telemetry_spans_received_total")).toBe((received ?? 0) + 1)
		expect(await value(`autonomous_mcp_requests_total{server="${server}"}`)).toBe(1)
		expect(await value(`autonomous_captured_metric_value{name="index_size",application="${server}"}`)).toBe(12.5)
	})

	it("has types that an application compiles against", async () => {
		const source = `
			import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
			import { MetricCapture, MonitoringSpanProcessor } from "${NAME}"
			new BasicTracerProvider({ spanProcessors: [new MonitoringSpanProcessor({ url: "http://127.0.0.1:4318" })] })
			const metrics: MetricCapture = new MetricCapture({ application: "editor" })
			metrics.captureMetric({ name: "index_size", value: WRONG })
		`
		const compile = (value: string) => {
			writeFileSync(path.join(application, "application.mts"), source.replace("WRONG", value))
			const strict = ["--noEmit", "--strict", "--module", "nodenext", "--types", "", "application.mts"]
			return run(path.join(ROOT, "node_modules/.bin/tsc"), strict, { cwd: application })
		}
		await compile("1200")
		await expect(compile('"1200"')).rejects.toMatchObject({ stdout: expect.stringContaining("TS2322") })
	})
})

async function value(series: string): Promise<number | undefined> {
	await receiver.drained()
	const texts = await Promise.all([telemetry.expose("health"), telemetry.expose("autonomous")])
	const line = texts
		.join("\n")
		.split("\n")
		.find((text) => text.startsWith(`${series} `))
	return line === undefined ? undefined : Number(line.slice(series.length + 1))
}
