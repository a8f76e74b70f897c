/** A value of an attribute. Lists, maps and bytes carry nothing that a metric is made of and are left out. */
export type AttributeValue = string | number | boolean

/** Attributes by key; a `Map` is one. */
export interface Attributes {
	get(key: string): AttributeValue | undefined
}

/** A span, as far as metrics are made of it. */
export interface SpanView {
	readonly name: string
	/** SpanKind of OTLP: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
	readonly kind: number
	readonly seconds: number
	/** The status is ERROR. */
	readonly failed: boolean
	readonly attributes: Attributes
}

export interface LogView {
	/** The event's name: the field of the record, else its body when that is text. */
	readonly name: string
	readonly attributes: Attributes
}

/** One number or histogram point of a metric, with what is needed to tell its stream from others. */
export interface PointView {
	readonly metric: string
	readonly scope: string
	/** Distinguishes resources; equal for equal ones. */
	readonly resource: string
	/** The resource's `service.name`. */
	readonly service: string
	readonly kind: "gauge" | "sum" | "histogram"
	readonly temporality: "delta" | "cumulative" | "unspecified"
	readonly monotonic: boolean
	/** Seconds since the epoch; 0 when the sender does not say. */
	readonly startTime: number
	readonly time: number
	/** Of a gauge or sum. */
	readonly value: number
	/** Of a histogram: per bucket, one more than bounds. */
	readonly counts: readonly number[]
	readonly bounds: readonly number[]
	readonly sum: number
	readonly attributes: ReadonlyMap<string, AttributeValue>
}

export const textOf = (attributes: Attributes, key: string): string | undefined => {
	const value = attributes.get(key)
	return value === undefined || value === "" ? undefined : String(value)
}

/** A number, also when it arrives as text. */
export const numberOf = (attributes: Attributes, key: string): number | undefined => {
	const value = attributes.get(key)
	if (value === undefined || value === "" || typeof value === "boolean") return undefined
	const number = Number(value)
	return Number.isFinite(number) ? number : undefined
}

/** `claude-opus-4-8[1m]` and `claude-opus-4-8` are one model; the bracket names a context window. */
export const modelName = (name: string | undefined): string => name?.replace(/\[[^\]]*\]$/, "") || "unknown"
