/** A value of an attribute. Lists, maps and bytes carry nothing that a metric is made of and are left out. */
export type AttributeValue = string | number | boolean

/** Attributes by key; a `Map` is one. */
export interface Attributes {
	get(key: string): AttributeValue | undefined
}

/** Who sends a record, by the attributes of its resource; empty where it does not say. */
export interface Sender {
	/** `service.name`. */
	readonly service: string
	/** `service.instance.id`. */
	readonly instance: string
}

/** A span, as far as metrics are made of it. */
export interface SpanView extends Sender {
	readonly name: string
	/** SpanKind of OTLP: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
	readonly kind: number
	/** 0 when it began or ended at no time that the sender knows. */
	readonly seconds: number
	/** It lacks its start or its end, and has no duration. */
	readonly untimed?: true
	/** The status is ERROR. */
	readonly failed: boolean
	readonly attributes: Attributes
}

export interface LogView extends Sender {
	/** The event's name: the field of the record, else its body when that is text. */
	readonly name: string
	readonly attributes: Attributes
}

/** Buckets of an exponential histogram: their bounds are powers of 2^(2^-scale). */
export interface ExponentialBuckets {
	readonly scale: number
	readonly zeroCount: number
	/** The first of `counts` ends at base^(offset + 1). */
	readonly offset: number
	readonly counts: readonly number[]
	/** Observations below 0. */
	readonly negative: number
}

/** What a metric's points are. */
export const POINT_KINDS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const

/** One point of a metric, with what identifies its stream. */
export interface PointView extends Sender {
	readonly metric: string
	readonly scope: string
	/** Distinguishes resources; equal for equal ones. */
	readonly resource: string
	readonly kind: (typeof POINT_KINDS)[number]
	readonly temporality: "delta" | "cumulative" | "unspecified"
	readonly monotonic: boolean
	/** Seconds since the epoch; 0 when the sender does not say. */
	readonly startTime: number
	readonly time: number
	/** Of a gauge or sum; undefined when it has none. */
	readonly value: number | undefined
	/** Of a histogram. */
	readonly count: number
	/** Of a histogram: per bucket, one more than bounds; none when it has no buckets. */
	readonly counts: readonly number[]
	readonly bounds: readonly number[]
	readonly exponential?: ExponentialBuckets
	readonly sum: number
	/** The sender says that there is no value at this time. */
	readonly unrecorded: boolean
	readonly attributes: ReadonlyMap<string, AttributeValue>
}

export const textOf = (attributes: Attributes, key: string): string | undefined => {
	const value = attributes.get(key)
	return value === undefined || value === "" ? undefined : String(value)
}

/** A number, also when it arrives as text; NaN for what is there and is none. */
export const numberOf = (attributes: Attributes, key: string): number | undefined => {
	const value = attributes.get(key)
	if (value === undefined || value === "") return undefined
	return typeof value === "boolean" ? Number.NaN : Number(value)
}

/** Whether an attribute says no, as a truth value or as text. */
export const isFalse = (attributes: Attributes, key: string): boolean => {
	const value = attributes.get(key)
	return value === false || value === "false"
}

/** `claude-opus-4-8[1m]` and `claude-opus-4-8` are one model; the bracket names a context window. */
export const modelName = (name: string | undefined): string => name?.replace(/\[[^\]]*\]$/, "") || "unknown"
