import { readFileSync } from "node:fs"
import { setInterval } from "node:timers"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { buildInfo, httpRequestDuration } from "../core/catalogue/subjects/observatory.ts"
import { createPool } from "../core/db/client.ts"
import { installContract } from "../core/db/contract/install.ts"
import { migrate } from "../core/db/migrate.ts"
import { systemClock } from "../core/lib/clock.ts"
import { listenAddress, loadConfig, postgresUrl } from "../core/lib/config.ts"
import { messageOf } from "../core/lib/errors.ts"
import { listen } from "../core/lib/http.ts"
import { runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { OtelInstruments } from "../core/telemetry/otel.ts"
import { Telemetry } from "../core/telemetry/telemetry.ts"
import { createApp } from "./app.ts"
import { databaseCollectors } from "./collectors.ts"
import { mcpHealth, reported } from "./health/components.ts"
import { loadMcpConfig } from "./sources/mcp/config.ts"
import { createMcpProber } from "./sources/mcp/prober.ts"
import { followMcpConfig } from "./sources/mcp/watch.ts"
import { createOtlpReceiver } from "./sources/otlp/receiver.ts"
import { transcriptCollector, transcriptFolders } from "./sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "./sources/transcripts/prices.ts"

/** The contract is renewed this often, should the tables that it reads have appeared or changed. */
const CONTRACT_INTERVAL_MS = 60_000

await runMain(async (life) => {
	const config = loadConfig(
		z.object({
			DATABASE_URL: postgresUrl(),
			SOURCE_DATABASE_URL: postgresUrl().optional(),
			EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
			OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
			MCP_CONFIG: z.string().optional(),
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

	await migrate(config.DATABASE_URL)
	const pool = (name: string, url: string, max: number) => {
		const made = createPool(url, { applicationName: `mcp-observatory ${name}`, max, statementTimeoutMs: 8_000 })
		life.onClose(`connections of ${name}`, () => made.end())
		return made
	}
	const own = pool("totals", config.DATABASE_URL, 8)
	const source = pool("exporters", sourceUrl, 8)
	const probe = pool("health check", sourceUrl, 1)

	const renew = async () => {
		try {
			if (await installContract(source)) log.info("the contract's views were renewed")
		} catch (error) {
			// A read-only role cannot, and need not: the views are the database administrator's then.
			log.debug({ error: messageOf(error) }, "the contract's views are not ours to renew")
		}
	}
	await renew()
	const renewing = setInterval(renew, CONTRACT_INTERVAL_MS)
	life.onClose("renewing the contract", () => clearInterval(renewing))

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

	const roots = transcriptFolders(config.CLAUDE_TRANSCRIPTS, process.env)
	telemetry.collect(transcriptCollector({ roots, pool: own, prices, clock, log }))

	const components = [
		reported("opentelemetry", () => receiver.health().status),
		reported("mcp_servers", () => mcpHealth(prober.states().values())),
	]
	for (const collector of databaseCollectors({ own, source, probe, components, clock, log }))
		telemetry.collect(collector)
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
