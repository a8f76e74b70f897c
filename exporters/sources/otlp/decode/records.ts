import type { Attributes, AttributeValue } from "../interpret/model.ts"
import type { Resource } from "./resource.ts"

/** A value as JSON has it; bytes are base64. */
export type JsonValue = AttributeValue | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

interface Common {
	/** Hexadecimal; empty where the sender gives none. */
	readonly traceId: string
	readonly spanId: string
	readonly attributes: ReadonlyMap<string, JsonValue>
	readonly resource: Attributes & ReadonlyMap<string, AttributeValue>
}

/** A span with all that is stored of one. */
export interface SpanRecord extends Common {
	readonly signal: "traces"
	readonly parentSpanId: string
	readonly name: string
	readonly kind: number
	/** Nanoseconds since the epoch; 0 where the sender gives none. */
	readonly start: bigint
	readonly end: bigint
	readonly failed: boolean
	/** The message of its status, else of its first exception. */
	readonly message: string
}

/** A log record with all that is stored of one. */
export interface LogRecord extends Common {
	readonly signal: "logs"
	/** Nanoseconds since the epoch, of the event, else of its observation; 0 where the sender gives neither. */
	readonly time: bigint
	readonly severity: number
	/** Empty where the record has none but its body. */
	readonly event: string
	readonly body: JsonValue | undefined
}

export type TelemetryRecord = SpanRecord | LogRecord

/** How deep lists and maps are read; what is deeper is null. */
export const DEEPEST = 8

export const EXCEPTION = { event: "exception", message: "exception.message" } as const

const NONE: ReadonlyMap<string, AttributeValue> = new Map()

/** A malformed resource costs a record its resource's attributes only. */
export function attributesOf(resource: () => Resource): ReadonlyMap<string, AttributeValue> {
	try {
		return resource().attributes
	} catch {
		return NONE
	}
}
