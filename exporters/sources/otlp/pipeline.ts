import { messageOf } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Accounts } from "./accounts.ts"
import type { WorkBuffer } from "./buffer.ts"
import type { Parcel, Signal, Views } from "./decode/units.ts"
import { requireUsable } from "./interpret/amount.ts"
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
	const unreadable = (signal: Signal, error: unknown) =>
		log.debug({ signal, error: messageOf(error) }, "a record cannot be read")
	/** Whether the record counts, which it does as a whole or not at all. */
	const apply = <S extends Signal>(signal: S, view: Views[S]): boolean => {
		try {
			const observations = interpret[signal](view)
			requireUsable(observations)
			sink(observations)
			return true
		} catch (error) {
			unreadable(signal, error)
			return false
		}
	}
	/** How many records of a unit do not count. */
	const processUnit = <S extends Signal>(signal: S, parcel: Parcel<Views[S]>, unit: number): number => {
		try {
			return parcel.read(unit).filter((view) => !apply(signal, view)).length
		} catch (error) {
			unreadable(signal, error)
			return parcel.records(unit)
		}
	}
	return {
		take(signal, parcel, bytes) {
			const process = (unit: number) => {
				const records = parcel.records(unit)
				const dropped = processUnit(signal, parcel, unit)
				accounts.processed(signal, records - dropped)
				if (dropped > 0) accounts.dropped(signal, dropped, "malformed")
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
