import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { createDatabase, createPool } from "../core/db/client.ts"
import { migrate } from "../core/db/migrate.ts"
import { systemClock } from "../core/lib/clock.ts"
import { loadConfig } from "../core/lib/config.ts"
import { writeAtomic } from "../core/lib/files.ts"
import { listen } from "../core/lib/http.ts"
import { type Lifecycle, runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { createControlReader } from "./control/control.ts"
import { releaseStop } from "./control/release.ts"
import { controlApp } from "./control/server.ts"
import { createSwitches, PARTS } from "./control/switches.ts"
import { ensureToken, tokenFile } from "./control/token.ts"
import { startDemo } from "./demo.ts"
import { renderMcpConfig, serverEntries } from "./mcp/servers.ts"
import { superviseEverything } from "./mcp/supervisor.ts"
import { demoSettings, urlOf } from "./settings.ts"
import { startClaudeCodeTelemetry } from "./telemetry/claude-code.ts"
import { startTracing } from "./tracing.ts"

async function main(life: Lifecycle): Promise<void> {
	const settings = loadConfig(demoSettings, process.env)
	const log = createLogger("demo-autonomous-system", settings.LOG_LEVEL)
	const home = resolve(settings.OBSERVATORY_HOME)
	const configFile = resolve(settings.DEMO_MCP_CONFIG ?? `${home}/run/demo-mcp.json`)
	mkdirSync(dirname(configFile), { recursive: true })
	mkdirSync(`${home}/run`, { recursive: true })

	const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT ?? urlOf(settings.OTLP_LISTEN)
	const token = settings.OTLP_TOKEN
	const tracing = startTracing(endpoint, token, log)
	life.onClose("tracing", () => tracing.close())
	const seed = Date.now()
	const claudeCode = startClaudeCodeTelemetry({ endpoint, token, clock: systemClock, log, seed })
	life.onClose("telemetry", () => claudeCode.close())
	const pool = createPool(settings.DATABASE_URL, { applicationName: "demo autonomous system" })
	life.onClose("database", () => pool.end())
	const db = createDatabase(pool)

	const mcpToken = randomBytes(24).toString("base64url")
	const everything = await superviseEverything(settings.DEMO_MCP_LISTEN, process.env, mcpToken, log)
	life.onClose("MCP server", () => everything.close())
	const entries = serverEntries(everything.url, mcpToken, `${home}/run/demo-memory.jsonl`)
	writeAtomic(configFile, renderMcpConfig(entries), 0o600)

	const switches = createSwitches()
	const { WEBHOOK_URL } = settings
	const asking = { clock: systemClock, log, signal: life.signal }
	const control = WEBHOOK_URL === undefined ? undefined : createControlReader({ url: WEBHOOK_URL, ...asking })
	const demo = startDemo({
		db,
		migrate: () => migrate(settings.DATABASE_URL),
		entries,
		control,
		switches,
		tracer: tracing.tracer,
		claudeCode,
		clock: systemClock,
		log,
		pace: settings.DEMO_PACE,
		seed,
		pid: process.pid,
		violations: settings.DEMO_VIOLATIONS === "on",
		workers: 2,
	})
	life.onClose("demo", () => demo.close())

	const app = controlApp({
		token: ensureToken(tokenFile(home)),
		switches,
		async apply(part, broken) {
			if (part === "mcp") await (broken ? everything.breakIt() : everything.repair())
		},
		ready: () => demo.ready(),
		release: () => releaseStop(db, control),
		status: () => ({
			broken: PARTS.filter((part) => switches.broken(part)),
			mcpServer: { url: everything.url, pid: everything.pid() ?? null },
			mcpConfig: configFile,
			...demo.status(),
		}),
		log,
	})
	const server = await listen(app, settings.DEMO_LISTEN, "DEMO_LISTEN")
	life.onClose("control", () => server.close())
	log.info({ control: server.url, mcp: everything.url, mcpConfig: configFile }, "listening")
	// Runs until a stop is requested, or until the database refuses the demo with a permanent error.
	const stopped = new Promise<void>((resolve) => life.signal.addEventListener("abort", () => resolve(), { once: true }))
	await Promise.race([demo.ended, stopped])
}

await runMain(main)
