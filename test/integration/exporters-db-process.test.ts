import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { SERIES } from "../../core/catalogue/index.ts"
import { RUNTIME } from "../../core/catalogue/runtime.ts"
import { SCRAPED } from "../../exporters/app.ts"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { parseSamples } from "../support/exporter.ts"
import { type FakeGithub, fakeGithub } from "../support/fake-github.ts"
import { gatewayTo } from "../support/gateway.ts"
import { createDatabase, freePort } from "../support/postgres.ts"
import { eventually, startProgram, type TestProcess } from "../support/process.ts"
import { program } from "../support/programs.ts"

const require = createRequire(import.meta.url)
const everything = path.join(
	path.dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")),
	"dist/index.js",
)

/** One row of everything that the tables can have. */
const ROWS = `
insert into observatory.claude_sessions (id, source, status, model, ended_at, input_tokens, cost_usd)
	values ('a', 'test', 'completed', 'claude-opus-4-8[1m]', now(), 10, 0.5), ('b', 'test', 'running', 'claude-opus-4-8', null, 1, 0.1);
insert into observatory.insights (category, confidence) values ('quality', 0.8);
insert into observatory.improvements (title, validated_at, deployed_at) values ('i', now(), now());
insert into observatory.violations (session_id, kind) values ('a', 'scope');
insert into observatory.reviews (status) values ('pending');
insert into observatory.events (type) values ('improvement_deployed');
insert into ai_insights (run_id, category, confidence, severity) values (1, 'reliability', 0.5, 'info');
`

/** A session that was given work. */
const PROMPT = {
	resourceLogs: [
		{
			scopeLogs: [
				{
					scope: { name: "com.anthropic.claude_code.events" },
					logRecords: [
						{
							timeUnixNano: "1",
							body: { stringValue: "claude_code.user_prompt" },
							attributes: [
								{ key: "event.name", value: { stringValue: "user_prompt" } },
								{ key: "session.id", value: { stringValue: "a" } },
							],
						},
					],
				},
			],
		},
	],
}

const SPAN = {
	resourceSpans: [
		{
			scopeSpans: [
				{
					spans: [
						{
							traceId: "0af7651916cd43dd8448eb211c80319c",
							spanId: "b7ad6b7169203331",
							name: "mcp.exa.search",
							kind: 3,
							startTimeUnixNano: "1700000000000000000",
							endTimeUnixNano: "1700000000250000000",
							attributes: [
								{ key: "rpc.system", value: { stringValue: "mcp" } },
								{ key: "rpc.service", value: { stringValue: "exa" } },
								{ key: "rpc.method", value: { stringValue: "search" } },
							],
							status: { code: 1 },
						},
					],
				},
			],
		},
	],
}

describe("the exporters' process, fully configured", () => {
	let database: ContractDatabase
	let exporters: TestProcess
	let url: string
	let otlp: string
	let folder: string
	let github: FakeGithub
	let pages: ReadonlyMap<string, string>

	const start = async (databaseUrl = database.url) => {
		const [port, otlpPort] = [await freePort(), await freePort()]
		url = `http://127.0.0.1:${port}`
		otlp = `http://127.0.0.1:${otlpPort}`
		const environment = [
			`DATABASE_URL=${databaseUrl}`,
			`EXPORTERS_LISTEN=127.0.0.1:${port}`,
			`OTLP_LISTEN=127.0.0.1:${otlpPort}`,
			`MCP_CONFIG=${path.join(folder, "mcp.json")}`,
			`WORKERS=tests=pid:${process.pid}`,
			`GITHUB_REPOSITORY=acme/agents`,
			`GITHUB_API_URL=${github.url}`,
			"GITHUB_TOKEN=secret",
		]
		const exporter = [process.execPath, ...program("exporters/main.ts")]
		exporters = await startProgram("env", [...environment, ...exporter], `${url}/healthz`)
	}

	const read = async () => new Map(await Promise.all(SCRAPED.map(async (group) => [group, await page(group)] as const)))
	const page = async (group: string) => (await fetch(`${url}/metrics/${group}`)).text()
	const all = (texts: ReadonlyMap<string, string>) => parseSamples([...texts.values()].join("\n"))

	beforeAll(async () => {
		github = await fakeGithub()
		folder = mkdtempSync(path.join(tmpdir(), "observatory-exporters-"))
		const servers = { everything: { command: process.execPath, args: [everything] } }
		writeFileSync(path.join(folder, "mcp.json"), JSON.stringify({ mcpServers: servers }))
		database = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		await database.run(ROWS)
		await start()
		for (const [signal, body] of Object.entries({ traces: SPAN, logs: PROMPT })) {
			const sent = await fetch(`${otlp}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			})
			expect(sent.status).toBe(200)
		}
		pages = await eventually(
			read,
			(texts) => {
				const samples = all(texts)
				const failing = [...samples].filter(
					([sample, value]) => sample.startsWith("observatory_collector_success") && value !== 1,
				)
				const mcp = samples.get('autonomous_component_status{component="mcp_servers",status="healthy"}')
				const working = samples.get('autonomous_sessions_by_state{state="working"}')
				const requests = samples.get('autonomous_mcp_requests_total{server="exa"}')
				return failing.length === 0 && mcp === 1 && working === 1 && requests === 1
			},
			120_000,
		)
	})

	afterAll(async () => {
		await exporters.stop()
		await github.close()
		await database.close()
		rmSync(folder, { recursive: true, force: true })
	})

	it("exposes every series of the catalogue that is not the webhook's, on its own page and nowhere else", () => {
		const exposed = [...pages].flatMap(([group, text]) =>
			[...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${group} ${name} ${type}`),
		)
		expect(new Set(exposed).size).toBe(exposed.length)
		const perPage = /^observatory_collector_/
		// The organisation's report needs an admin key, forwarding another backend.
		const others: readonly string[] = ["webhook", "organisation"]
		const wanted = SERIES.filter(
			({ emitter, name }) => !others.includes(emitter) && !name.startsWith("autonomous_telemetry_forward_"),
		).flatMap(({ name, type, group }) => {
			if (group !== "observatory") return [`${group} ${name} ${type}`]
			return perPage.test(name) ? SCRAPED.map((each) => `${each} ${name} ${type}`) : [`health ${name} ${type}`]
		})
		const own = RUNTIME.map(({ name, type }) => `health ${name} ${type}`)
		expect(exposed.filter((each) => !own.includes(each)).sort()).toEqual(wanted.sort())
		expect(own.filter((each) => !exposed.includes(each))).toEqual([])
	})

	it.each(SCRAPED)("gives promtool nothing to complain about on /metrics/%s", (group) => {
		const output = execFileSync("promtool", ["check", "metrics"], {
			input: pages.get(group) ?? "",
			encoding: "utf8",
			stdio: ["pipe", "pipe", "pipe"],
		})
		expect(output).toBe("")
	})

	it("shows what the tables, the spans and the servers have", () => {
		const samples = all(pages)
		expect(samples.get("autonomous_sessions_started_total")).toBe(2)
		expect(samples.get('autonomous_sessions_active{status="running"}')).toBe(1)
		expect(samples.get('autonomous_session_tokens_total{type="input",model="claude-opus-4-8"}')).toBe(11)
		expect(samples.get('autonomous_insights_total{category="reliability"}')).toBe(1)
		expect(samples.get('autonomous_improvements_total{stage="deployed"}')).toBe(1)
		expect(samples.get("autonomous_sessions_violating_total")).toBe(1)
		expect(samples.get("autonomous_reviews_pending")).toBe(1)
		expect(samples.get('autonomous_component_status{component="database",status="unhealthy"}')).toBe(0)
		expect(samples.get('autonomous_mcp_server_status{server="everything",status="connected"}')).toBe(1)
		expect(samples.get('autonomous_mcp_requests_total{server="exa"}')).toBe(1)
		expect(samples.get('autonomous_worker_up{worker="tests"}')).toBe(1)
		expect(samples.get('autonomous_sessions_by_state{state="working"}')).toBe(1)
		expect(samples.get('autonomous_sessions_by_state{state="waiting"}')).toBe(0)
		expect(samples.get("autonomous_github_rate_limit")).toBe(5_000)
	})

	it("measures its own requests, answers its other paths, and knows no others", async () => {
		expect((await fetch(`${url}/`)).headers.get("content-type")).toMatch(/^text\/html/)
		expect(await (await fetch(`${url}/`)).text()).toContain('href="/metrics/safety"')
		expect((await fetch(`${url}/nothing`)).status).toBe(404)
		const samples = all(await read())
		const requests =
			'observatory_http_request_duration_seconds_count{method="GET",route="/metrics/safety",status="2xx"}'
		expect(samples.get(requests)).toBeGreaterThan(0)
	})

	it("continues to count where it was after a kill and a restart", async () => {
		await exporters.stop("SIGKILL")
		await database.run("insert into observatory.events (type) values ('improvement_deployed')")
		await start()
		const deployed = 'autonomous_events_total{type="improvement_deployed"}'
		const samples = await eventually(
			async () => all(await read()),
			// The collectors of events and of sessions take their first turns side by side.
			(found) => found.has(deployed) && found.has("autonomous_sessions_started_total"),
			120_000,
		)
		const { rows } = await database.run(
			"select count(*)::int as n from observatory.events where type = 'improvement_deployed'",
		)
		expect(rows[0].n).toBeGreaterThan(1)
		expect(samples.get(deployed)).toBe(rows[0].n)
		expect(samples.get("autonomous_sessions_started_total")).toBe(2)
	})

	it("starts while the database is away, says so, and works when it is back", async () => {
		await exporters.stop()
		const gate = await gatewayTo(database.url)
		gate.become("refuse")
		await start(gate.url)
		const unhealthy = 'autonomous_component_status{component="database",status="unhealthy"}'
		const value = async (sample: string) => all(await read()).get(sample)
		expect(
			await eventually(
				() => value(unhealthy),
				(found) => found !== undefined,
			),
		).toBe(1)
		expect(await value("autonomous_sessions_started_total")).toBeUndefined()
		gate.become("pass")
		await eventually(
			() => value("autonomous_sessions_started_total"),
			(found) => found === 2,
			120_000,
		)
		expect(
			await eventually(
				() => value(unhealthy),
				(found) => found === 0,
			),
		).toBe(0)
		await gate.close()
	})
})

describe("the exporters' process, asked for some of the groups", () => {
	it("collects and exposes those and itself, answers on no other path, and takes no telemetry", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		await database.run(`insert into observatory.violations (session_id, kind) values ('a', 'scope')`)
		const [port, otlpPort] = [await freePort(), await freePort()]
		const url = `http://127.0.0.1:${port}`
		const environment = [
			`DATABASE_URL=${database.url}`,
			`EXPORTERS_LISTEN=127.0.0.1:${port}`,
			`OTLP_LISTEN=127.0.0.1:${otlpPort}`,
			"EXPORTERS_GROUPS=safety, business",
		]
		const exporter = [process.execPath, ...program("exporters/main.ts")]
		const exporters = await startProgram("env", [...environment, ...exporter], `${url}/healthz`)
		onTestFinished(async () => {
			await exporters.stop()
			await database.close()
		})
		const page = async (group: string) => (await fetch(`${url}/metrics/${group}`)).text()
		const violations = 'autonomous_violations_total{kind="scope"}'
		const samples = await eventually(
			async () => parseSamples(await page("safety")),
			(found) => found.get(violations) === 1,
		)
		const collectors = [...samples.keys()].filter((sample) => sample.startsWith("observatory_collector_success"))
		expect(collectors.sort()).toEqual(
			["contract", "crashes", "reviews", "rollbacks", "violations"].map(
				(view) => `observatory_collector_success{collector="${view}"}`,
			),
		)
		expect([...samples.keys()].some((sample) => sample.startsWith("observatory_build_info"))).toBe(true)
		expect(await page("business")).toContain('observatory_collector_success{collector="outcomes"}')
		for (const group of ["health", "autonomous"]) expect((await fetch(`${url}/metrics/${group}`)).status).toBe(404)
		expect(await (await fetch(`${url}/metrics`)).text()).not.toContain("/metrics/health")
		await expect(fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, { method: "POST" })).rejects.toThrow()
	})
})

describe("the exporters' process, wrongly configured", () => {
	it.each([
		["no DATABASE_URL", {}, /DATABASE_URL/],
		["a database user without rights", { DATABASE_URL: "rightless" }, /lacks a right/],
		["a malformed MCP server file", { MCP_CONFIG: "broken" }, /this is not JSON/],
		["a group that there is not", { EXPORTERS_GROUPS: "safety,bussiness" }, /expected some of .*not "bussiness"/],
		["workers that cannot be read", { WORKERS: "agent" }, /WORKERS: expected NAME=pid/],
	])("with %s says in one message what to do, and ends", async (_, over: Record<string, string>, message) => {
		const database = await contractDatabase(inject("postgresUrl"))
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-exporters-"))
		writeFileSync(path.join(folder, "broken"), "{")
		const fresh = await createDatabase(inject("postgresUrl"))
		const rightless = new URL(fresh)
		rightless.username = `rightless_${Date.now()}`
		await database.run(`create role ${rightless.username} login`)
		const given: Record<string, string> = { DATABASE_URL: database.url, ...over }
		if (Object.keys(over).length === 0) given.DATABASE_URL = ""
		if (given.DATABASE_URL === "rightless") given.DATABASE_URL = rightless.href
		if (given.MCP_CONFIG) given.MCP_CONFIG = path.join(folder, given.MCP_CONFIG)
		const env = { ...process.env, EXPORTERS_LISTEN: "127.0.0.1:0", OTLP_LISTEN: "127.0.0.1:0", ...given }
		const ended = spawnSync(process.execPath, program("exporters/main.ts"), {
			env,
			encoding: "utf8",
			timeout: 60_000,
		})
		expect(ended.status).toBe(1)
		expect(ended.stderr).toMatch(message)
		expect(ended.stderr).not.toMatch(/\n\s+at /)
		await database.close()
		rmSync(folder, { recursive: true })
	})
})
