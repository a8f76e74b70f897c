import { createPool } from "../../core/db/client.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { databaseCollectors, type Sources } from "../../exporters/database-collectors.ts"
import { contractCollector } from "../../exporters/sources/postgres/contract-collector.ts"

/** An exporter's collectors without its web server: run once at a time, and read as Prometheus would. */
export interface TestExporter {
	readonly telemetry: MetricRegistry
	/** One run of every collector. */
	collect(): Promise<void>
	/** A sample's value by its text, such as `name{label="value"}`; undefined when it is not exposed. */
	value(sample: string): Promise<number | undefined>
	/** Every sample line. */
	samples(): Promise<ReadonlyMap<string, number>>
	close(): Promise<void>
}

export function testExporter(
	ownUrl: string,
	sourceUrl = ownUrl,
	reader: Sources["reader"] = {},
	components: Sources["components"] = [],
): TestExporter {
	const pool = (url: string) =>
		createPool(url, { applicationName: "test exporter", max: 16, statementTimeoutMs: 5_000 })
	const own = pool(ownUrl)
	const source = pool(sourceUrl)
	const probe = pool(sourceUrl)
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const { onFold, onRefuse: onValueRefused } = telemetry
	const sources = {
		own,
		source,
		probe,
		components,
		clock: systemClock,
		log: silentLogger,
		reader,
		onFold,
		onValueRefused,
		zeroHoldMs: 0,
	}
	for (const collector of databaseCollectors(sources)) telemetry.collect(collector)
	// In a registry of its own, to run after the readers whose counts it shows.
	const leftOut = new MetricRegistry({ ownGroup: "health" })
	leftOut.collect(contractCollector(own, "health", 0))
	const samples = async () => parseSamples((await leftOut.exposeAll()) + (await telemetry.exposeAll()))
	return {
		telemetry,
		async collect() {
			await telemetry.runOnce()
			await leftOut.runOnce()
		},
		samples,
		value: async (sample) => (await samples()).get(sample),
		async close() {
			await telemetry.stop()
			await Promise.all([own.end(), source.end(), probe.end()])
		},
	}
}

/** Sample lines of an exposition by their text. */
export function parseSamples(text: string): ReadonlyMap<string, number> {
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
	return new Map(
		lines.map((line) => {
			const at = line.lastIndexOf(" ")
			return [line.slice(0, at), Number(line.slice(at + 1))]
		}),
	)
}
