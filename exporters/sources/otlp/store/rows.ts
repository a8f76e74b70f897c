import { cleanText } from "../../../../core/lib/plain-text.ts"
import type { JsonValue, LogRecord, SpanRecord, TelemetryRecord } from "../decode/records.ts"
import { hasContentBody, isContent } from "./content.ts"
import { type Facets, facetsOf, logFailed, spanFailed } from "./facets.ts"

/** A row of `observatory.spans` as JSON. Ids are hexadecimal, times seconds since the epoch. */
export interface SpanRow extends Facets {
	readonly at: number
	readonly trace: string
	readonly span: string
	readonly parent: string | null
	readonly name: string
	readonly kind: number
	readonly duration: number | null
	readonly failed: boolean
	readonly error: string | null
	readonly service: string | null
	readonly attributes: Readonly<Record<string, JsonValue>>
}

/** A row of `observatory.log_records` as JSON, except for its id. */
export interface LogRow extends Facets {
	readonly at: number
	readonly trace: string | null
	readonly span: string | null
	readonly severity: number
	readonly failed: boolean
	readonly event: string
	readonly body: string | null
	readonly service: string | null
	readonly attributes: Readonly<Record<string, JsonValue>>
}

export interface RowOptions {
	/** Whether prompts, answers, tool arguments and results are stored. */
	readonly content: boolean
	/** Seconds since the epoch: records of other times are not stored. */
	readonly oldest: number
	readonly newest: number
	/** The time of log records that have none. */
	readonly now: number
}

/** Why a record is not stored, as the label of `autonomous_telemetry_store_filtered_total`. */
export type FilterReason = "outside_retention" | "no_id"

/** Most UTF-16 units of a name, of another text, and of all attributes of a record together as JSON. */
const LONGEST = { name: 200, text: 1_000, attributes: 8_000 }
const MOST_ATTRIBUTES = 64
const TRUNCATED = "observatory.truncated_attributes"

/** What describes the machine is the same in each record of a sender, and is not stored with each. */
const OF_THE_MACHINE = /^(telemetry|process|host|os|container)\.|^service\.name$/

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/

/** The row of a span, bounded in size, or why there is none. */
export function spanRow(span: SpanRecord, options: RowOptions): SpanRow | FilterReason {
	// One that lacks its start is of the time of its end.
	const at = secondsOf(span.start || span.end)
	if (at < options.oldest || at > options.newest) return "outside_retention"
	if (!TRACE_ID.test(span.traceId) || !SPAN_ID.test(span.spanId)) return "no_id"
	const timed = span.start !== 0n && span.end !== 0n
	return {
		at,
		trace: span.traceId,
		span: span.spanId,
		parent: SPAN_ID.test(span.parentSpanId) ? span.parentSpanId : null,
		name: short(span.name, LONGEST.name),
		kind: span.kind >= 0 && span.kind <= 5 ? span.kind : 0,
		duration: timed ? Math.max(0, Number(span.end - span.start) / 1e9) : null,
		failed: spanFailed(span),
		error: span.message === "" ? null : short(span.message, LONGEST.text),
		...shared(span, options),
	}
}

/** The row of a log record, bounded in size, or why there is none. */
export function logRow(log: LogRecord, options: RowOptions): LogRow | FilterReason {
	const at = log.time === 0n ? options.now : secondsOf(log.time)
	if (at < options.oldest || at > options.newest) return "outside_retention"
	return {
		at,
		trace: TRACE_ID.test(log.traceId) ? log.traceId : null,
		span: SPAN_ID.test(log.spanId) ? log.spanId : null,
		severity: log.severity >= 0 && log.severity <= 24 ? log.severity : 0,
		failed: logFailed(log),
		event: short(log.event, LONGEST.name),
		body: bodyOf(log, options.content),
		...shared(log, options),
	}
}

/** To the microsecond, as PostgreSQL has times. */
const secondsOf = (nanos: bigint): number => Number(nanos / 1_000n) / 1e6

function shared(record: TelemetryRecord, { content }: RowOptions) {
	const { session, tool, server, model } = facetsOf(record)
	const service = record.resource.get("service.name")
	return {
		service: service === undefined ? null : short(String(service), LONGEST.name),
		session: session === null ? null : short(session, LONGEST.name),
		tool: tool === null ? null : short(tool, LONGEST.name),
		server: server === null ? null : short(server, LONGEST.name),
		model: model === null ? null : short(model, LONGEST.name),
		attributes: boundedAttributes(record, content),
	}
}

function bodyOf({ body, event }: LogRecord, content: boolean): string | null {
	if (body === undefined || body === null || (!content && hasContentBody(event))) return null
	// A body that is the event's name says nothing more.
	if (body === event) return null
	if (typeof body === "string") return short(body, LONGEST.text)
	// A structured body may hold anything.
	return typeof body !== "object" || content ? short(JSON.stringify(body), LONGEST.text) : null
}

function boundedAttributes(record: TelemetryRecord, content: boolean): Record<string, JsonValue> {
	const kept: Record<string, JsonValue> = {}
	let [count, size, truncated] = [0, 0, 0]
	const keep = (key: string, value: JsonValue) => {
		if (!content && isContent(key)) return
		const name = short(key, LONGEST.name)
		const bounded = boundedValue(value)
		const length = name.length + (typeof bounded === "string" ? bounded.length : JSON.stringify(bounded).length)
		if (count === MOST_ATTRIBUTES || size + length > LONGEST.attributes) {
			truncated++
			return
		}
		kept[name] = bounded
		count++
		size += length
	}
	for (const [key, value] of record.attributes) keep(key, value)
	for (const [key, value] of record.resource)
		if (!OF_THE_MACHINE.test(key) && !record.attributes.has(key)) keep(key, value)
	if (truncated > 0) kept[TRUNCATED] = truncated
	return kept
}

function boundedValue(value: JsonValue): JsonValue {
	if (typeof value === "string") return short(value, LONGEST.text)
	if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
	if (typeof value !== "object" || value === null) return value
	const json = JSON.stringify(value)
	// Cut, cleaned or of numbers that JSON has not, it is a text.
	return json.length <= LONGEST.text && !json.includes("\\u") ? value : short(json, LONGEST.text)
}

const short = (text: string, most: number): string =>
	cleanText(text.length > most ? `${text.slice(0, most - 1)}…` : text)
