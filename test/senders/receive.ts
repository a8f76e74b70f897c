import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { parseSamples } from "../support/exporter.ts"
import { differences, type Sending } from "./scenario.ts"

/** Lets a sender send to a receiver of its own. Returns what is not counted as it should be. */
export async function differencesOf(
	way: Omit<Sending, "endpoint">,
	send: (sending: Sending) => Promise<void>,
): Promise<string[]> {
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const listen = { host: "127.0.0.1", port: 0 }
	const options = { telemetry, listen, grpcListen: listen, zeroHoldMs: 0, log: silentLogger, clock: systemClock }
	const receiver = await createOtlpReceiver(options)
	try {
		await send({ ...way, endpoint: way.protocol === "grpc" ? (receiver.grpc?.url ?? "") : receiver.url })
		await receiver.drained()
		return differences(parseSamples(await telemetry.exposeAll()), way)
	} finally {
		await receiver.close()
	}
}
