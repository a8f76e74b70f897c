import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { transcriptCollectors, transcriptFolders } from "../../exporters/sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "../../exporters/sources/transcripts/prices.ts"
import { contractDatabase } from "../support/contract-databases.ts"
import { parseSamples } from "../support/exporter.ts"
import { startMessagesApi } from "../support/messages-api.ts"
import { freePort } from "../support/postgres.ts"
import { eventually, startProgram } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"

const run = promisify(execFile)

/** The program that `npm test -- --install` fetched, or that the environment names. */
const program = process.env.CLAUDE_CODE_PROGRAM

/** One run of the program in a home of its own: one Bash call, then an answer. Returns what it printed. */
async function runClaude(otlp: string, protocol: string, temporality: string) {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-claude-"))
	onTestFinished(() => rmSync(home, { recursive: true, force: true }))
	const work = path.join(home, "project")
	mkdirSync(work)
	const api = await startMessagesApi("echo hi > ran.txt")
	onTestFinished(() => api.close())
	const env = {
		PATH: process.env.PATH,
		HOME: home,
		ANTHROPIC_BASE_URL: api.url,
		ANTHROPIC_API_KEY: "made-up",
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
		DISABLE_AUTOUPDATER: "1",
		CLAUDE_CODE_ENABLE_TELEMETRY: "1",
		CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: "1",
		OTEL_METRICS_EXPORTER: "otlp",
		OTEL_LOGS_EXPORTER: "otlp",
		OTEL_TRACES_EXPORTER: "otlp",
		OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
		OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
		OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
		OTEL_METRIC_EXPORT_INTERVAL: "500",
		OTEL_LOGS_EXPORT_INTERVAL: "500",
		// It ends when all is delivered; on a slow machine that takes longer than it would wait.
		CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS: "30000",
		CLAUDE_CODE_OTEL_FLUSH_TIMEOUT_MS: "30000",
	}
	const args = ["-p", "say hi using bash", "--output-format", "json", "--allowedTools", "Bash", "--max-turns", "4"]
	const child = run(program ?? "", args, { cwd: work, env, timeout: 90_000 })
	child.child.stdin?.end()
	const printed = JSON.parse((await child).stdout)
	expect(printed).toMatchObject({ subtype: "success", num_turns: 2 })
	return { home, printed }
}

describe.runIf(program)("the real Claude Code, with a loopback model", () => {
	it.each([
		["http/protobuf", "delta"],
		["http/json", "delta"],
		["http/protobuf", "cumulative"],
	])(
		"shows up over %s with %s metrics, and from its transcript, with the tokens and the cost that it prints",
		async (protocol, temporality) => {
			const telemetry = new MetricRegistry()
			const receiver = await createOtlpReceiver({
				telemetry,
				listen: { host: "127.0.0.1", port: 0 },
				zeroHoldMs: 0,
				log: silentLogger,
				clock: systemClock,
			})
			onTestFinished(() => receiver.close())
			const { home, printed } = await runClaude(receiver.url, protocol, temporality)
			await receiver.drained()

			const text = await telemetry.expose("autonomous")
			const value = (series: string) =>
				text
					.split("\n")
					.filter((line) => line.startsWith(`autonomous_claude_code_${series}`))
					.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)
			expect(value('tokens_total{type="input"')).toBe(printed.usage.input_tokens)
			expect(value('tokens_total{type="output"')).toBe(printed.usage.output_tokens)
			expect(value('tokens_total{type="cache_read"')).toBe(printed.usage.cache_read_input_tokens)
			expect(value("cost_usd_total{")).toBeCloseTo(printed.total_cost_usd)
			expect(value("api_requests_total{")).toBe(2)
			expect(value('tool_results_total{tool="Bash"')).toBe(1)
			expect(value('operation_duration_seconds_count{operation="llm_request"')).toBe(2)

			const url = await migratedDatabase(inject("postgresUrl"))
			const pool = createPool(url, { applicationName: "test" })
			onTestFinished(() => pool.end())
			const prices = await loadPrices(defaultPriceFile())
			const roots = transcriptFolders("auto", { HOME: home })
			const { transcripts: tailer } = transcriptCollectors({
				roots,
				pool,
				prices,
				clock: systemClock,
				log: silentLogger,
			})
			const samples = await tailer.collect(new AbortController().signal)
			const of = (result: string) => samples.find(({ labels }) => labels.result === result)
			expect([of("malformed"), of("unknown_type")]).toMatchObject([{ value: 0 }, { value: 0 }])
			const { rows } = await pool.query(
				`select id, source, status, input_tokens::int as input, output_tokens::int as output, cache_read_tokens::int as read,
				cost_usd::float8 as cost from observatory.claude_sessions`,
			)
			expect(rows).toEqual([
				{
					id: printed.session_id,
					source: "transcript",
					status: "running",
					input: printed.usage.input_tokens,
					output: printed.usage.output_tokens,
					read: printed.usage.cache_read_input_tokens,
					cost: printed.total_cost_usd,
				},
			])
		},
	)

	it("counts in the sessions' series of the exporters' process, once", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		onTestFinished(() => database.close())
		const [port, otlpPort] = [await freePort(), await freePort()]
		const transcripts = mkdtempSync(path.join(tmpdir(), "observatory-projects-"))
		onTestFinished(() => rmSync(transcripts, { recursive: true, force: true }))
		const environment = [
			`DATABASE_URL=${database.url}`,
			`EXPORTERS_LISTEN=127.0.0.1:${port}`,
			`OTLP_LISTEN=127.0.0.1:${otlpPort}`,
			`CLAUDE_TRANSCRIPTS=${transcripts}`,
		]
		const main = path.resolve(import.meta.dirname, "../../exporters/main.ts")
		const url = `http://127.0.0.1:${port}`
		const exporters = await startProgram(
			"env",
			[...environment, process.execPath, "--import", "tsx", main],
			`${url}/healthz`,
		)
		onTestFinished(() => exporters.stop())
		const { home, printed } = await runClaude(`http://127.0.0.1:${otlpPort}`, "http/protobuf", "delta")
		cpSync(path.join(home, ".claude/projects"), transcripts, { recursive: true })

		const model = 'model="claude-opus-4-8"'
		const read = async () => parseSamples(await (await fetch(`${url}/metrics/autonomous`)).text())
		const samples = await eventually(
			read,
			(found) =>
				found.get(`autonomous_session_tokens_total{type="output",${model}}`) === printed.usage.output_tokens &&
				found.get(`autonomous_claude_code_tokens_total{type="output",${model}}`) === printed.usage.output_tokens,
			100_000,
		)
		for (const series of ["session", "claude_code"]) {
			const tokens = (type: string) => samples.get(`autonomous_${series}_tokens_total{type="${type}",${model}}`)
			expect(tokens("input")).toBe(printed.usage.input_tokens)
			expect(tokens("cache_read")).toBe(printed.usage.cache_read_input_tokens)
			expect(tokens("cache_creation")).toBe(printed.usage.cache_creation_input_tokens)
			expect(samples.get(`autonomous_${series}_cost_usd_total{${model}}`)).toBeCloseTo(printed.total_cost_usd, 9)
		}
		expect(samples.get("autonomous_sessions_started_total")).toBe(1)
		expect(samples.get('autonomous_sessions_active{status="running"}')).toBe(1)
	})
})
