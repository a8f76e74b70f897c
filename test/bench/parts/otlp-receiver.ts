import { monitorEventLoopDelay } from "node:perf_hooks"
import { systemClock } from "../../../core/lib/clock.ts"
import { silentLogger } from "../../../core/lib/log.ts"
import { MetricRegistry } from "../../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../../exporters/sources/otlp/receiver.ts"

/** What the measured process reports when it is asked. */
export interface Reading {
	readonly url: string
	/** Seconds of CPU since the process began. */
	readonly cpu: number
	readonly rss: number
	/** Longest pause of the event loop since the last reading, in milliseconds. */
	readonly pause: number
	readonly received: number
	readonly processed: number
	readonly dropped: number
	readonly refused: number
}

// The receiver in a process of its own, as the benchmark forks it: its CPU and memory are its own.
const telemetry = new MetricRegistry()
const receiver = await createOtlpReceiver({
	telemetry,
	listen: { host: "127.0.0.1", port: 0 },
	log: silentLogger,
	clock: systemClock,
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

const sum = (text: string, name: string): number =>
	text
		.split("\n")
		.filter((line) => line.startsWith(name) && !line.startsWith("#"))
		.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0)

process.on("message", async (drain: boolean) => {
	if (drain) await receiver.drained()
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
	}
	delay.reset()
	process.send?.(reading)
})
process.once("disconnect", () => process.exit())
