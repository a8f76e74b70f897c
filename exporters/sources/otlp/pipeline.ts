import { messageOf } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Accounts } from "./accounts.ts"
import type { WorkBuffer } from "./buffer.ts"
import type { Parcel, Signal, Views } from "./decode/units.ts"
import { interpretLog } from "./interpret/logs.ts"
import { interpretPoint } from "./interpret/metrics.ts"
import type { Observation } from "./interpret/observation.ts"
import { interpretSpan } from "./interpret/spans.ts"
import type { Streams } from "./interpret/streams.ts"
import type { Sink } from "./sink.ts"

export interface Pipeline {
	/** Takes a parcel in; returns how many of its records were dropped because there was no room. */
	take<S extends Signal>(signal: S, parcel: Parcel<Views[S]>, bytes: number): number
}

type Interpret = { readonly [S in Signal]: (view: Views[S]) => readonly Observation[] }

/** From a parcel to the instruments, by way of the buffer, with every record accounted for. */
export function createPipeline(
	buffer: WorkBuffer,
	sink: Sink,
	streams: Streams,
	accounts: Accounts,
	log: Logger,
): Pipeline {
	const interpret: Interpret = {
		traces: interpretSpan,
		logs: interpretLog,
		metrics: (point) => interpretPoint(point, streams),
	}
	return {
		take(signal, parcel, bytes) {
			const process = (unit: number) => {
				const records = parcel.records(unit)
				try {
					// A unit counts as a whole or not at all.
					const observations = parcel.read(unit).flatMap((view) => interpret[signal](view))
					sink(observations)
					accounts.processed(signal, records)
				} catch (error) {
					log.debug({ signal, error: messageOf(error) }, "a record cannot be read")
					accounts.dropped(signal, records, "malformed")
				}
			}
			const accepted = buffer.offer({ units: parcel.units, bytes, records: parcel.records, process })
			let received = 0
			let dropped = 0
			for (let unit = 0; unit < parcel.units; unit++) {
				const records = parcel.records(unit)
				received += records
				if (unit >= accepted) dropped += records
			}
			accounts.received(signal, received)
			if (dropped > 0) accounts.dropped(signal, dropped, "buffer_full")
			return dropped
		},
	}
}
