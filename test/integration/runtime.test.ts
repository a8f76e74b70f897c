import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { SERIES } from "../../core/catalogue/index.ts"
import { RUNTIME } from "../../core/catalogue/runtime.ts"
import { OPENMETRICS, TEXT } from "../../core/metrics/format.ts"
import { contractDatabase } from "../support/contract-databases.ts"
import { freePort } from "../support/postgres.ts"
import { eventually, startProgram } from "../support/process.ts"
import { program } from "../support/programs.ts"
import { startPrometheus } from "../support/prometheus.ts"
import { complaints } from "../support/scrape.ts"

/** One of our two programs on a free port, as a process of its own. */
async function start(name: "exporters" | "alert-webhook", env: Readonly<Record<string, string>> = {}) {
	const database = await contractDatabase(inject("postgresUrl"))
	const port = await freePort()
	const environment = {
		DATABASE_URL: database.url,
		EXPORTERS_LISTEN: `127.0.0.1:${port}`,
		OTLP_LISTEN: `127.0.0.1:${await freePort()}`,
		WEBHOOK_LISTEN: `127.0.0.1:${port}`,
		WEBHOOK_TOKEN: "webhook-token-for-tests",
		PROMETHEUS_URL: "http://127.0.0.1:1",
		ALERTMANAGER_URL: "http://127.0.0.1:1",
		...env,
	}
	const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
	const main = `${name}/main.ts`
	const started = await startProgram(
		"env",
		[...variables, process.execPath, ...program(main)],
		`http://127.0.0.1:${port}/healthz`,
	)
	onTestFinished(async () => {
		await started.stop()
		await database.close()
	})
	const target = `127.0.0.1:${port}`
	const metrics = name === "exporters" ? "/metrics/health" : "/metrics"
	const scrape = async (accept: string) => {
		const response = await fetch(`http://${target}${metrics}`, { headers: { accept } })
		return { type: response.headers.get("content-type"), text: await response.text() }
	}
	return { target, metrics, scrape }
}

/** Families that text declares, in its order. */
const families = (text: string) => [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? "")

describe.each(["exporters", "alert-webhook"] as const)("the process of %s", (program) => {
	it("exposes the listed process metrics once, in both formats, valid for promtool and Prometheus", async () => {
		const { target, metrics, scrape } = await start(program)
		const page = await eventually(
			() => scrape("*/*"),
			({ text }) => /^db_client_operation_duration_seconds_count/m.test(text) && /^http_server_request/m.test(text),
		)
		expect(page.type).toBe(TEXT)
		expect(complaints(page.text)).toBe("")
		const names = families(page.text)
		expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
		const known = new Set([...SERIES, ...RUNTIME].map(({ name }) => name))
		expect(names.filter((name) => !known.has(name))).toEqual([])
		const always = RUNTIME.filter(({ otel }) => otel === undefined).map(({ name }) => name)
		expect(names).toEqual(expect.arrayContaining(always))
		expect(page.text).toMatch(/^process_resident_memory_bytes \d+/m)
		expect(page.text).toMatch(/^db_client_connections\{db_client_connection_state="idle"\} \d/m)
		expect(page.text).not.toContain("webhook-token-for-tests")

		const openmetrics = await scrape(OPENMETRICS)
		expect(openmetrics.type).toBe(OPENMETRICS)
		expect(openmetrics.text.match(/# EOF\n/g)).toHaveLength(1)
		expect(openmetrics.text.endsWith("\n# EOF\n")).toBe(true)
		const prometheus = await startPrometheus(
			{
				global: { scrape_interval: "1s" },
				scrape_configs: [{ job_name: "own", metrics_path: metrics, static_configs: [{ targets: [target] }] }],
			},
			{},
		)
		onTestFinished(() => prometheus.stop())
		const query = async (text: string) =>
			(await prometheus.ask("query", { query: text })) as { value: [number, string] }[]
		await eventually(
			() =>
				query(
					'up{job="own"} == 1 and on () process_cpu_seconds_total and on () http_server_request_duration_seconds_count',
				),
			(up) => up.length > 0,
		)
	})
})

describe("spans", () => {
	it("of collectors, requests and statements go to the configured endpoint", async () => {
		const names = new Set<string>()
		const endpoint = createServer((req, res) => {
			const chunks: Buffer[] = []
			req.on("data", (chunk: Buffer) => chunks.push(chunk))
			req.on("end", () => {
				if (req.url === "/v1/traces")
					for (const [name] of Buffer.concat(chunks)
						.toString("utf8")
						.matchAll(/collect \w+|pg\.query:\w+|GET/g))
						names.add(name)
				res.writeHead(200, { "content-type": "application/json" }).end("{}")
			})
		}).listen(0, "127.0.0.1")
		await new Promise((resolve) => endpoint.once("listening", resolve))
		onTestFinished(() => void endpoint.close())
		const { port } = endpoint.address() as AddressInfo
		const { scrape } = await start("exporters", {
			OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
			OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
			OTEL_BSP_SCHEDULE_DELAY: "200",
		})
		await scrape("*/*")
		const wanted = ["GET", "collect database", "pg.query:SELECT"]
		const seen = await eventually(
			async () => [...names],
			(found) => wanted.every((name) => found.includes(name)),
		)
		expect(seen).toEqual(expect.arrayContaining(wanted))
	})
})
