import { onTestFinished } from "vitest"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { parseSamples } from "./exporter.ts"
import { type Answer, fromAnswer } from "./otlp-answer.ts"
import { type OtlpSignal, toProtobuf } from "./otlp-wire.ts"

export const ENCODINGS = ["json", "protobuf"] as const
export type OtlpEncoding = (typeof ENCODINGS)[number]

/** A real receiver, to which documents in OTLP's JSON form are sent in either encoding; closed when the test ends. */
export async function receiverFor(encoding: OtlpEncoding, clock: Clock = systemClock) {
	const telemetry = new MetricRegistry({ ownGroup: "health", clock })
	const receiver = await createOtlpReceiver({
		telemetry,
		listen: { host: "127.0.0.1", port: 0 },
		zeroHoldMs: 0,
		log: silentLogger,
		clock,
	})
	onTestFinished(() => receiver.close())
	return {
		telemetry,
		receiver,
		/** Every series, after all that was sent has been processed. */
		async samples() {
			await receiver.drained()
			return parseSamples(await telemetry.exposeAll())
		},
		async send(signal: OtlpSignal, document: unknown): Promise<Answer> {
			const type = encoding === "json" ? "application/json" : "application/x-protobuf"
			const response = await fetch(`${receiver.url}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": type },
				body: encoding === "json" ? JSON.stringify(document) : new Uint8Array(toProtobuf(signal, document)),
			})
			return fromAnswer(type, response.status, Buffer.from(await response.arrayBuffer()))
		},
	}
}
