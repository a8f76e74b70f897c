/** Whether the exporters count what the real Claude Code uses, against the ledger of its model endpoint. */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { defaultPriceFile, listCost, loadPrices } from "../../exporters/sources/transcripts/prices.ts"
import { claudeCodePrograms } from "../support/claude-code.ts"
import { parseSamples } from "../support/exporter.ts"
import { startMessagesApi } from "../support/messages-api.ts"
import { count, table } from "./parts/figures.ts"

/** The share by which cost may differ. */
const COST_TOLERANCE = 0.005
/** USAGE_PROTOCOLS names fewer of them. */
const PROTOCOLS = process.env.USAGE_PROTOCOLS?.split(",") ?? ["http/protobuf", "http/json", "grpc"]
const CASES = PROTOCOLS.flatMap((protocol) => ["delta", "cumulative"].map((temporality) => ({ protocol, temporality })))
const TYPES = ["input", "output", "cache_read", "cache_creation"] as const

type Counted = Readonly<Record<(typeof TYPES)[number] | "requests" | "usd", number>>

export async function run(): Promise<boolean> {
	const rows = [["program", "transport", "", "requests", "input", "output", "cache read", "cache write", "cost", ""]]
	let right = true
	for (const { version, program } of claudeCodePrograms())
		for (const { protocol, temporality } of CASES) {
			const { ledger, counted } = await measure(program, protocol, temporality)
			const equal = isEqual(ledger, counted)
			right &&= equal
			rows.push(
				[version, `${protocol} ${temporality}`, "ledger", ...cells(ledger), ""],
				["", "", "counted", ...cells(counted), equal ? "equal" : "DIFFERENT"],
			)
		}
	process.stdout.write(`${table(rows)}\n`)
	return right
}

const cells = (counted: Counted): string[] => [
	count(counted.requests),
	...TYPES.map((type) => count(counted[type])),
	`$${counted.usd.toFixed(6)}`,
]

const isEqual = (ledger: Counted, counted: Counted): boolean =>
	ledger.requests > 0 &&
	ledger.requests === counted.requests &&
	TYPES.every((type) => ledger[type] === counted[type]) &&
	Math.abs(counted.usd - ledger.usd) <= COST_TOLERANCE * ledger.usd

/** A session, the same one resumed, and another: what shares an id must not be lost. */
async function measure(program: string, protocol: string, temporality: string) {
	const telemetry = new MetricRegistry()
	const listen = { host: "127.0.0.1", port: 0 }
	const receiver = await createOtlpReceiver({
		telemetry,
		listen,
		grpcListen: listen,
		zeroHoldMs: 0,
		log: silentLogger,
		clock: systemClock,
	})
	const api = await startMessagesApi("echo hi")
	const home = mkdtempSync(path.join(tmpdir(), "observatory-usage-"))
	try {
		const otlp = protocol === "grpc" ? (receiver.grpc?.url ?? "") : receiver.url
		const place = { home, api: api.url, otlp, protocol, temporality }
		const session = await ask(program, place, [])
		await ask(program, place, ["--resume", session])
		await ask(program, place, [])
		await receiver.drained()
		const samples = parseSamples(await telemetry.expose("autonomous"))
		const sum = (start: string) =>
			[...samples].reduce((total, [key, value]) => total + (key.startsWith(start) ? value : 0), 0)
		const tokens = (type: string) => sum(`autonomous_claude_code_tokens_total{type="${type}"`)
		const counted: Counted = {
			requests: sum("autonomous_claude_code_api_requests_total{"),
			input: tokens("input"),
			output: tokens("output"),
			cache_read: tokens("cache_read"),
			cache_creation: tokens("cache_creation"),
			usd: sum("autonomous_claude_code_cost_usd_total{"),
		}
		return { ledger: await truthOf(api.ledger), counted }
	} finally {
		await receiver.close()
		await api.close()
		rmSync(home, { recursive: true, force: true })
	}
}

async function truthOf(ledger: Awaited<ReturnType<typeof startMessagesApi>>["ledger"]): Promise<Counted> {
	const prices = await loadPrices(defaultPriceFile())
	const sum = { requests: 0, input: 0, output: 0, cache_read: 0, cache_creation: 0, usd: 0 }
	for (const { model, usage } of ledger) {
		sum.requests++
		sum.input += usage.input_tokens
		sum.output += usage.output_tokens
		sum.cache_read += usage.cache_read_input_tokens
		sum.cache_creation += usage.cache_creation_input_tokens
		const tokens = {
			input: usage.input_tokens,
			output: usage.output_tokens,
			cacheRead: usage.cache_read_input_tokens,
			cacheCreation: usage.cache_creation_input_tokens,
			cacheWrite5m: usage.cache_creation_input_tokens,
			cacheWrite1h: 0,
			webSearches: 0,
		}
		sum.usd += listCost(model, { ...tokens, speed: undefined, tier: undefined }, prices) ?? Number.NaN
	}
	return sum
}

interface Place {
	readonly home: string
	readonly api: string
	readonly otlp: string
	readonly protocol: string
	readonly temporality: string
}

/** One run of the program in a home of its own. Returns its session. */
async function ask(program: string, place: Place, more: readonly string[]): Promise<string> {
	const work = path.join(place.home, "project")
	mkdirSync(work, { recursive: true })
	const env = {
		PATH: process.env.PATH,
		HOME: place.home,
		ANTHROPIC_BASE_URL: place.api,
		ANTHROPIC_API_KEY: "made-up",
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
		DISABLE_AUTOUPDATER: "1",
		CLAUDE_CODE_ENABLE_TELEMETRY: "1",
		OTEL_METRICS_EXPORTER: "otlp",
		OTEL_LOGS_EXPORTER: "otlp",
		OTEL_EXPORTER_OTLP_PROTOCOL: place.protocol,
		OTEL_EXPORTER_OTLP_ENDPOINT: place.otlp,
		OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: place.temporality,
		OTEL_METRIC_EXPORT_INTERVAL: "500",
		OTEL_LOGS_EXPORT_INTERVAL: "500",
		// It ends when all is delivered; on a slow machine that takes longer than it would wait.
		CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS: "30000",
		CLAUDE_CODE_OTEL_FLUSH_TIMEOUT_MS: "30000",
	}
	const args = [
		"-p",
		"say hi using bash",
		"--output-format",
		"json",
		"--allowedTools",
		"Bash",
		"--max-turns",
		"4",
		...more,
	]
	const child = promisify(execFile)(program, args, { cwd: work, env, timeout: 120_000 })
	child.child.stdin?.end()
	const printed: { session_id: string } = JSON.parse((await child).stdout)
	return printed.session_id
}
