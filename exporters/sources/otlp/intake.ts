import type { Readable } from "node:stream"
import { messageOf } from "../../../core/lib/errors.ts"
import { Refusal, unpack, unpackedSize } from "./body.ts"
import type { WorkBuffer } from "./buffer.ts"
import { openJson } from "./decode/json.ts"
import { openProtobuf } from "./decode/protobuf.ts"
import { MalformedBody, type Signal } from "./decode/units.ts"
import type { Forwarder } from "./forward/forwarder.ts"
import type { Pipeline } from "./pipeline.ts"
import type { Readers } from "./readers.ts"
import type { Rejections } from "./rejections.ts"
import type { Encoding } from "./response-body.ts"
import type { OtlpLimits } from "./types.ts"

/** A request, whichever protocol brought it. */
export interface IntakeRequest {
	readonly signal: Signal
	readonly encoding: Encoding
	readonly body: Readable
	/** Its length in bytes where the sender says it, else 0. */
	readonly announced: number
	/** Cuts the body out of what arrived, and names its content encoding. @throws Refusal */
	readonly frame: (arrived: Buffer) => { readonly packed: Buffer; readonly packing: string }
}

/** Reads, unpacks and processes a request; resolves with what of it is not used. @throws Refusal */
export type Intake = (request: IntakeRequest) => Promise<Rejections>

/** From this fill on, senders are asked to come back later. */
const NEARLY_FULL = 0.9

/** The `Retry-After` of a sender that was refused. */
export const RETRY_AFTER_SECONDS = 5

const OPEN = { protobuf: openProtobuf, json: openJson }

export interface IntakeParts {
	readonly readers: Readers
	readonly buffer: WorkBuffer
	readonly pipeline: Pipeline
	readonly limits: OtlpLimits
	readonly forwarder?: Pick<Forwarder, "forward"> | undefined
}

/** The way of every request from its body to the buffer, within the limits that all protocols share. */
export function createIntake({ readers, buffer, pipeline, limits, forwarder }: IntakeParts): Intake {
	const process = (signal: Signal, encoding: Encoding, body: Buffer): Promise<Rejections> => {
		try {
			// One call a signal, so that its parcel and its interpreter are known to be of one kind.
			const open = OPEN[encoding]
			if (signal === "traces") return pipeline.take(signal, open.traces(body, limits.bufferRecords), body.length)
			if (signal === "metrics") return pipeline.take(signal, open.metrics(body, limits.bufferRecords), body.length)
			return pipeline.take(signal, open.logs(body, limits.bufferRecords), body.length)
		} catch (error) {
			if (error instanceof MalformedBody) throw new Refusal(400, "malformed", messageOf(error), error)
			throw error
		}
	}

	const receive = (signal: Signal, encoding: Encoding, body: Buffer): Promise<Rejections> => {
		const processing = process(signal, encoding, body)
		// What is malformed as a whole is not forwarded: the backend would refuse it, too.
		forwarder?.forward(signal, encoding, body)
		return processing
	}

	return async ({ signal, encoding, body, announced, frame }) => {
		// Before the work of reading it: a sender that comes back later loses nothing, a dropped span is gone.
		if (buffer.utilization() > NEARLY_FULL) throw new Refusal(429, "overloaded", "the buffer is nearly full")
		const { packed, packing } = frame(await readers.read(body, announced))
		const { processing } = await readers.reserve(unpackedSize(packing, packed, limits.bodyBytes), async () => ({
			processing: receive(signal, encoding, await unpack(packing, packed, limits.bodyBytes)),
		}))
		return processing
	}
}
