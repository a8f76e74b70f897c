import { readFileSync } from "node:fs"
import { setInterval } from "node:timers"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { buildInfo, httpRequestDuration } from "../core/catalogue/subjects/observatory.ts"
import { createPool } from "../core/db/client.ts"
import { systemClock } from "../core/lib/clock.ts"
import { httpUrl, listenAddress, loadConfig, postgresUrl } from "../core/lib/config.ts"
import { messageOf } from "../core/lib/errors.ts"
import { listen } from "../core/lib/http.ts"
import { runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { OtelInstruments } from "../core/telemetry/otel.ts"
import { Telemetry } from "../core/telemetry/telemetry.ts"
import { createApp } from "./app.ts"
import { databaseCollectors } from "./collectors.ts"
import { mcpHealth, reported } from "./health/components.ts"
import { workersCollector } from "./health/workers.ts"
import { preparation } from "./prepare.ts"
import { GithubApi } from "./sources/github/api.ts"
import { GithubCollector } from "./sources/github/collector.ts"
import { loadMcpConfig } from "./sources/mcp/config.ts"
import { createMcpProber } from "./sources/mcp/prober.ts"
import { followMcpConfig } from "./sources/mcp/watch.ts"
import { createOtlpReceiver } from "./sources/otlp/receiver.ts"
import { workers } from "./sources/processes/config.ts"
import { processTable } from "./sources/processes/table.ts"
import { transcriptCollector, transcriptFolders } from "./sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "./sources/transcripts/prices.ts"

/** Should a database have come back, or the tables that the contract reads have appeared or changed. */
const PREPARE_INTERVAL_MS = 15_000

await runMain(async (life) => {
	const config = loadConfig(
		z.object({
			DATABASE_URL: postgresUrl(),
			SOURCE_DATABASE_URL: postgresUrl().optional(),
			EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
			OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
			MCP_CONFIG: z.string().optional(),
			WORKERS: workers(),
			GITHUB_REPOSITORY: z
				.string()
				.regex(/^[^/\s]+\/[^/\s]+$/, "expected OWNER/NAME")
				.optional(),
			GITHUB_TOKEN: z.string().optional(),
			GITHUB_API_URL: httpUrl().default("https://api.github.com"),
			CLAUDE_TRANSCRIPTS: z.string().optional(),
			CLAUDE_PRICES: z.string().default(defaultPriceFile()),
			LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
		}),
		process.env,
	)
	const log = createLogger("exporters", config.LOG_LEVEL)
	const clock = systemClock
	const servers = config.MCP_CONFIG === undefined ? [] : await loadMcpConfig(config.MCP_CONFIG, process.env)
	const prices = await loadPrices(config.CLAUDE_PRICES)
	const sourceUrl = config.SOURCE_DATABASE_URL ?? config.DATABASE_URL

	const pool = (name: string, url: string, max: number) => {
		const made = createPool(url, { applicationName: `mcp-observatory ${name}`, max, statementTimeoutMs: 8_000 })
		life.onClose(`connections of ${name}`, () => made.end())
		return made
	}
	const own = pool("totals", config.DATABASE_URL, 8)
	const source = pool("exporters", sourceUrl, 8)
	const probe = pool("health check", sourceUrl, 1)

	const prepare = preparation(config.DATABASE_URL, source, log)
	await prepare.run()
	const preparing = setInterval(() => {
		prepare.run().catch((error) => log.error({ error: messageOf(error) }, "our database cannot be set up"))
	}, PREPARE_INTERVAL_MS)
	life.onClose("looking after the tables", () => clearInterval(preparing))

	const telemetry = new Telemetry({ clock, log, ownGroup: "health" })
	telemetry.gauge(buildInfo).set({ version: version(), service: "exporters" }, 1)
	const otel = new OtelInstruments(telemetry, "health", [httpRequestDuration])
	life.onClose("OpenTelemetry's instruments", () => otel.close())

	const receiver = await createOtlpReceiver({ telemetry, listen: config.OTLP_LISTEN, log, clock })
	life.onClose("OTLP receiver", () => receiver.close())
	const prober = createMcpProber({ telemetry, servers, log, clock })
	life.onClose("MCP prober", () => prober.close())
	prober.start()
	if (config.MCP_CONFIG !== undefined) {
		const watch = followMcpConfig({ file: config.MCP_CONFIG, env: process.env, prober, log })
		life.onClose("watch of the MCP server file", () => watch.close())
	}

	const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token, GITHUB_API_URL: apiUrl } = config
	// Asking again for what has not changed is free with a token only; without one there are 60 requests an hour.
	const intervalMs = token === undefined ? 300_000 : 60_000
	const github =
		repository === undefined
			? undefined
			: new GithubCollector({
					api: new GithubApi({ repository, token, apiUrl, clock }),
					own,
					repository,
					clock,
					intervalMs,
					onFold: telemetry.onFold,
				})
	if (github) telemetry.collect(github)
	const roots = transcriptFolders(config.CLAUDE_TRANSCRIPTS, process.env)
	telemetry.collect(transcriptCollector({ roots, pool: own, prices, clock, log }))

	const components = [
		reported("opentelemetry", () => receiver.health().status),
		reported("mcp_servers", () => mcpHealth(prober.states().values())),
		reported("github_actions", () => github?.health()),
	]
	for (const collector of databaseCollectors({ own, source, probe, components, clock, log, onFold: telemetry.onFold }))
		telemetry.collect(collector)
	telemetry.collect(workersCollector(config.WORKERS, processTable(process.platform)))
	telemetry.start()
	life.onClose("collectors", () => telemetry.stop())

	const app = createApp({ telemetry, requests: otel.histogram(httpRequestDuration), log })
	const server = await listen(app, config.EXPORTERS_LISTEN, "EXPORTERS_LISTEN")
	life.onClose("web server", () => server.close())
	log.info({ metrics: `${server.url}/metrics`, otlp: receiver.url }, "exporters are ready")
})

/** package.json is beside the sources, and one level further up from `dist/`. */
function version(): string {
	for (const up of ["..", "../.."]) {
		try {
			return JSON.parse(readFileSync(fileURLToPath(new URL(`${up}/package.json`, import.meta.url)), "utf8")).version
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
		}
	}
	return "unknown"
}
