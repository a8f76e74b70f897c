import { messageOf } from "../../../../core/lib/errors.ts"
import type { LogView, PointView, SpanView } from "../interpret/model.ts"
import type { TelemetryRecord } from "./records.ts"

/** What an OTLP request carries. */
export const SIGNALS = ["traces", "metrics", "logs"] as const
export type Signal = (typeof SIGNALS)[number]

/**
 * A request that has been looked through but not yet read: how many records it holds, in units that are read one by
 * one later. A unit is a span, a log record, or a metric with its points.
 */
export interface Parcel<View> {
	readonly units: number
	/** Spans, log records or points in unit `i`. */
	records(i: number): number
	/** One view a record, or why it cannot be read. @throws an error of any kind when the whole unit is malformed */
	read(i: number): readonly (View | MalformedRecord)[]
	/** All of a span or log record, for the store; undefined for metrics. @throws an error of any kind when it is malformed */
	record(i: number): TelemetryRecord | undefined
}

export interface Views {
	traces: SpanView
	metrics: PointView
	logs: LogView
}

/** Looks through a body; units after the first `keep` are only counted. @throws MalformedBody */
export type Open = { readonly [S in Signal]: (body: Buffer, keep: number) => Parcel<Views[S]> }

/** One record that is not what it should be; the others of its unit are read all the same. */
export class MalformedRecord extends Error {
	override readonly name = "MalformedRecord"
	/** The metric's name, where it is known. */
	readonly record: string

	constructor(record: string, cause: unknown) {
		super(messageOf(cause), { cause })
		this.record = record
	}
}

/** The body is not what its content type says. */
export class MalformedBody extends Error {
	override readonly name = "MalformedBody"
}

export const otherSignal = (signal: Signal): MalformedBody =>
	new MalformedBody(`these are ${signal}; send them to /v1/${signal}`)
