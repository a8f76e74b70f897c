import { monitorEventLoopDelay } from "node:perf_hooks"
import { createPool } from "../../../core/db/client.ts"
import { systemClock } from "../../../core/lib/clock.ts"
import { silentLogger } from "../../../core/lib/log.ts"
import { MetricRegistry } from "../../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../../exporters/sources/otlp/receiver.ts"
import { createTelemetryStore } from "../../../exporters/sources/otlp/store/store.ts"
import { bodies } from "./otlp-bodies.ts"
import { type Reading, send, type Wish } from "./otlp-send.ts"

const LOAD_CONNECTIONS = 16

// The receiver in a process of its own, as the benchmark forks it: its CPU and memory are its own. With the address of a
// database it stores what it receives.
const telemetry = new MetricRegistry()
const [, , databaseUrl] = process.argv
const parts = { telemetry, log: silentLogger, clock: systemClock }
const store =
	databaseUrl === undefined
		? undefined
		: createTelemetryStore({
				...parts,
				pool: createPool(databaseUrl, { applicationName: "bench", max: 4 }),
				content: false,
				retention: { days: 7, bytes: 2 ** 40 },
			})
const receiver = await createOtlpReceiver({ ...parts, listen: { host: "127.0.0.1", port: 0 }, store })
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

const sum = (text: string, name: string): number =>
	text
		.split("\n")
		.filter((line) => line.startsWith(name) && !line.startsWith("#"))
		.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0)

process.on("message", async ({ drain, loadMs }: Wish) => {
	if (loadMs !== undefined) await send(receiver.url, "protobuf", bodies(), LOAD_CONNECTIONS, loadMs)
	if (drain) await receiver.drained()
	if (drain) await store?.drained()
	const text = await telemetry.expose("health")
	const { user, system } = process.cpuUsage()
	const reading: Reading = {
		url: receiver.url,
		cpu: (user + system) / 1e6,
		rss: process.memoryUsage.rss(),
		pause: delay.max / 1e6,
		received: sum(text, "autonomous_telemetry_spans_received_total"),
		processed: sum(text, "autonomous_telemetry_spans_processed_total"),
		dropped: sum(text, "autonomous_telemetry_spans_dropped_total"),
		refused: sum(text, "autonomous_telemetry_export_errors_total"),
		offered: sum(text, "autonomous_telemetry_store_received_total"),
		stored: sum(text, "autonomous_telemetry_store_stored_total"),
		storeDropped: sum(text, "autonomous_telemetry_store_dropped_total"),
		storeFiltered: sum(text, "autonomous_telemetry_store_filtered_total"),
	}
	delay.reset()
	process.send?.(reading)
})
process.once("disconnect", () => process.exit())
