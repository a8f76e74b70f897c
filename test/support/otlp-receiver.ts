import { onTestFinished } from "vitest"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { Telemetry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { parseSamples } from "./exporter.ts"
import { type OtlpSignal, toProtobuf } from "./otlp-wire.ts"

export const ENCODINGS = ["json", "protobuf"] as const
export type OtlpEncoding = (typeof ENCODINGS)[number]

/** What a receiver says of records that it does not use. */
export interface Answer {
	readonly status: number
	readonly rejected: number
	readonly message: string
}

/** A real receiver, to which documents in OTLP's JSON form are sent in either encoding; closed when the test ends. */
export async function receiverFor(encoding: OtlpEncoding, clock: Clock = systemClock) {
	const telemetry = new Telemetry({ ownGroup: "health", clock })
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
			const json = encoding === "json"
			const response = await fetch(`${receiver.url}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": json ? "application/json" : "application/x-protobuf" },
				body: json ? JSON.stringify(document) : new Uint8Array(toProtobuf(signal, document)),
			})
			if (json) return fromJson(response.status, await response.text())
			return fromProtobuf(response.status, Buffer.from(await response.arrayBuffer()))
		},
	}
}

function fromJson(status: number, text: string): Answer {
	const { partialSuccess = {} } = JSON.parse(text)
	const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage = "" } = partialSuccess
	return {
		status,
		rejected: Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0),
		message: errorMessage,
	}
}

/** {1: partial_success {1: rejected, 2: error_message}}, of fewer than 128 records. */
function fromProtobuf(status: number, body: Buffer): Answer {
	if (status !== 200 || body.length === 0) return { status, rejected: 0, message: "" }
	const message = body.indexOf(0x12, 4)
	const [, second = 0] = body.subarray(message)
	const start = message + (second < 128 ? 2 : 3)
	return { status, rejected: body[body.indexOf(0x08, 2) + 1] ?? 0, message: body.toString("utf8", start) }
}
