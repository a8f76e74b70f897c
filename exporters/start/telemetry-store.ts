import { createPool } from "../../core/db/client.ts"
import { createTelemetryStore, type TelemetryStore } from "../sources/otlp/store/store.ts"
import type { ExporterContext } from "./context.ts"

/** Two writers, the expiry of partitions, and one to spare for creating them. */
const CONNECTIONS = 4

/** Stores received spans and log records in the observatory database; undefined where the settings say so. */
export function startTelemetryStore({
	settings,
	telemetry,
	clock,
	log,
	lifecycle,
}: ExporterContext): TelemetryStore | undefined {
	if (settings.telemetryStore === undefined) return undefined
	const pool = createPool(settings.databaseUrl, {
		applicationName: "mcp-observatory telemetry",
		max: CONNECTIONS,
		statementTimeoutMs: 15_000,
	})
	lifecycle.onClose("connections of telemetry", () => pool.end())
	const store = createTelemetryStore({ pool, telemetry, log, clock, ...settings.telemetryStore })
	lifecycle.onClose("telemetry store", () => store.close())
	return store
}
