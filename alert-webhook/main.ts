import { readFileSync } from "node:fs"
import { loadConfig } from "../core/lib/config.ts"
import { runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { observeRuntime } from "../core/metrics/runtime.ts"
import { webhookEnvironment } from "./config.ts"
import { startWebhook } from "./server.ts"

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }

await runMain(async (life) => {
	const config = loadConfig(webhookEnvironment, process.env)
	const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined
	const runtime = observeRuntime({ service: "mcp-observatory-alert-webhook", tracing })
	life.onClose("OpenTelemetry", () => runtime.close())
	await startWebhook({ config, version, log: createLogger("alert-webhook", config.LOG_LEVEL), life, runtime })
})
