import type { UnusableReason } from "../../../core/catalogue/subjects/telemetry.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { WorkBuffer } from "./buffer.ts"
import { MalformedRecord, type Parcel, type Signal, type Views } from "./decode/units.ts"
import { interpretLog } from "./interpret/logs.ts"
import { interpretPoint } from "./interpret/metrics.ts"
import { type Arrival, type Interpretation, NOT_UNDERSTOOD, refusalOf } from "./interpret/observation.ts"
import type { Reported } from "./interpret/reported.ts"
import { interpretSpan } from "./interpret/spans.ts"
import type { Streams } from "./interpret/streams.ts"
import type { ReceiverCounters } from "./receiver-counters.ts"
import type { Recorder } from "./recorder.ts"
import { Rejections } from "./rejections.ts"
import type { TelemetryStore } from "./store/store.ts"
import type { OnLog, OnUsage } from "./types.ts"
import { reportUsage } from "./usage.ts"

export interface Pipeline {
	/** Takes a parcel in; resolves with what of it is not used, when all that fits into the buffer is processed. */
	take<S extends Signal>(signal: S, parcel: Parcel<Views[S]>, bytes: number): Promise<Rejections>
}

type Interpret = { readonly [S in Signal]: (view: Views[S], arrival: Arrival) => Interpretation }
type NameOf = { readonly [S in Signal]: (view: Views[S]) => string }

const NAME_OF: NameOf = { traces: ({ name }) => name, logs: ({ name }) => name, metrics: ({ metric }) => metric }

export interface PipelineParts {
	readonly buffer: WorkBuffer
	readonly record: Recorder
	readonly streams: Streams
	readonly reported: Reported
	readonly counters: ReceiverCounters
	readonly log: Logger
	/** Where spans and log records are stored; undefined for nowhere. */
	readonly store?: Pick<TelemetryStore, "accept"> | undefined
	/** Milliseconds since the epoch. */
	readonly now: () => number
	readonly onUsage?: OnUsage | undefined
	readonly onLog?: OnLog | undefined
}

/** From a parcel to the instruments, by way of the buffer, with every record counted. */
export function createPipeline(parts: PipelineParts): Pipeline {
	const { buffer, record, streams, reported, counters, log, onUsage, onLog, store, now } = parts
	const interpret: Interpret = {
		traces: (span) => interpretSpan(span, reported),
		logs: (event) => {
			onLog?.(event)
			return interpretLog(event, reported)
		},
		metrics: (point, arrival) => {
			const interpretation = interpretPoint(point, streams, arrival, reported)
			if (onUsage && typeof interpretation !== "string") reportUsage(point, interpretation, onUsage)
			return interpretation
		},
	}
	let requests = 0

	/** Why a record does not count, which it does as a whole or not at all; undefined when it does, or says nothing to us. */
	const apply = <S extends Signal>(signal: S, view: Views[S], arrival: Arrival): UnusableReason | undefined => {
		const interpretation = interpret[signal](view, arrival)
		if (typeof interpretation === "string") return interpretation
		if (interpretation === NOT_UNDERSTOOD) counters.unknown(signal, NAME_OF[signal](view))
		const refusal = refusalOf(interpretation)
		if (refusal === undefined) record(interpretation)
		return refusal
	}

	/** Reads and counts a unit, and reports each of its records that is not used. Returns whether all could be read. */
	const processUnit = <S extends Signal>(
		signal: S,
		parcel: Parcel<Views[S]>,
		unit: number,
		arrival: Arrival,
		reject: (name: string, reason: UnusableReason, records?: number) => void,
	): boolean => {
		let readable = true
		const unreadable = (name: string, error: unknown, records: number) => {
			log.debug({ signal, name, error: messageOf(error) }, "a record cannot be read")
			reject(name, "malformed", records)
			readable = false
		}
		let views: ReturnType<typeof parcel.read>
		try {
			views = parcel.read(unit)
		} catch (error) {
			unreadable("", error, parcel.records(unit))
			return false
		}
		for (const view of views) {
			if (view instanceof MalformedRecord) {
				unreadable(view.record, view, 1)
				continue
			}
			try {
				const reason = apply(signal, view, arrival)
				if (reason) reject(NAME_OF[signal](view), reason)
			} catch (error) {
				log.error({ err: error, signal }, "a record cannot be interpreted")
				reject(NAME_OF[signal](view), "malformed")
			}
		}
		return readable
	}

	return {
		take(signal, parcel, bytes) {
			const rejections = new Rejections(signal)
			const arrival = { request: ++requests, now: now() / 1000 }
			const keep = signal === "metrics" ? undefined : store?.accept(signal, parcel, bytes)
			const process = (unit: number) => {
				let dropped = 0
				const readable = processUnit(signal, parcel, unit, arrival, (name, reason, records = 1) => {
					dropped += records
					for (let i = 0; i < records; i++) counters.unusable(signal, name, reason)
					rejections.add(records, reason, name)
				})
				counters.processed(signal, parcel.records(unit) - dropped)
				if (dropped > 0) counters.dropped(signal, dropped, "malformed")
				if (readable) keep?.(unit)
			}
			return new Promise((resolve) => {
				const done = () => resolve(rejections)
				const accepted = buffer.offer({ units: parcel.units, bytes, records: parcel.records, process, done })
				let received = 0
				let overflow = 0
				for (let unit = 0; unit < parcel.units; unit++) {
					const records = parcel.records(unit)
					received += records
					if (unit >= accepted) overflow += records
				}
				counters.received(signal, received)
				if (overflow > 0) {
					counters.dropped(signal, overflow, "buffer_full")
					rejections.overflow(overflow)
				}
				if (accepted === 0) done()
			})
		},
	}
}
