/**
 * The catalogue's vocabulary. A series is declared once, as data; instruments, condition paths, PromQL in rules and
 * panels, and the reference in the docs are all made from the declaration.
 */

/** Which scrape path a series is exposed on; `observatory` series are our own services' and appear on every one. */
export const GROUPS = ["health", "autonomous", "safety", "business", "observatory"] as const
export type Group = (typeof GROUPS)[number]

/** Where an overflowing or unknown label value is counted. */
export const OTHER = "other"

/** A label whose values are known beforehand, so that every one of them exists, at 0, from the start. */
export interface EnumLabel<V extends string = string> {
	readonly kind: "enum"
	readonly values: readonly V[]
}

/** A label whose values the outside chooses: at most `max` distinct ones, the rest folded into `other`. */
export interface BoundedLabel {
	readonly kind: "bounded"
	readonly max: number
	readonly help: string
}

export type LabelSpec = EnumLabel | BoundedLabel
export type LabelSpecs = Readonly<Record<string, LabelSpec>>

/** The labels that a sample of a series must carry. */
export type LabelsOf<L extends LabelSpecs> = {
	readonly [K in keyof L]: L[K] extends EnumLabel<infer V> ? V : string
}

export type SeriesType = "gauge" | "counter" | "histogram"

/** What a number counts; conditions may only compare and add like with like. */
export const QUANTITIES = [
	"count",
	"ratio",
	"seconds",
	"bytes",
	"usd",
	"per_second",
	"timestamp",
	"score",
	"state",
] as const
export type Quantity = (typeof QUANTITIES)[number]

export interface SeriesSpec<L extends LabelSpecs = LabelSpecs, T extends SeriesType = SeriesType> {
	readonly kind: "series"
	readonly name: string
	readonly type: T
	readonly group: Group
	readonly quantity: Quantity
	readonly help: string
	readonly labels: L
	/** Upper bounds of a histogram's buckets, in the series' own unit. */
	readonly buckets?: readonly number[]
	/** Of a histogram without labels: the column of the contract, `VIEW.COLUMN`, that it observes when a row ends. */
	readonly column?: `${string}.${string}`
	/** The one collector or service that emits it. */
	readonly emitter: string
	/** Must have a panel and a doc entry. */
	readonly essential: boolean
}

/** A recording rule: a ratio, average or score over a stated window, made by Prometheus from series. */
export interface RecordingSpec {
	readonly kind: "recording"
	readonly name: string
	readonly quantity: Quantity
	readonly help: string
	/** The formula in words, for the reference. */
	readonly formula: string
	/** The window it looks back on, when it does. */
	readonly window?: string
	/** How often it is evaluated, when not as often as everything else; long windows need not be. */
	readonly interval?: string
	readonly expr: PromQL
	/** Labels that its result carries. */
	readonly labels: readonly string[]
}

/** PromQL text that knows which catalogued things it was made from. */
export interface PromQL {
	readonly text: string
	readonly refs: ReadonlySet<SeriesSpec | RecordingSpec>
}

/** A selector: one catalogued thing and the label values that pick from it. */
export interface Vector {
	readonly of: SeriesSpec | RecordingSpec
	readonly matchers?: Readonly<Record<string, string>>
}

/** A name that conditions in alerts.yaml may use, such as `metrics.sessions.failureRate`. */
export interface PathSpec {
	/** Segments joined by dots; `*` matches any value of the `wildcard` label. */
	readonly path: string
	readonly quantity: Quantity
	readonly help: string
	/** The instant value. For `state`, a state set: one series a state, 1 on the current one. */
	readonly value: Vector
	/** The counter behind the value, for `increase()` and `rate()`. */
	readonly counter?: Vector
	/** The histogram behind the value, for `quantile()`. */
	readonly histogram?: Vector
	/** The number of observations of a ratio over its window, for a minimum volume. */
	readonly volume?: Vector
	/** For `state`: the label that names the state, and the states that exist. */
	readonly states?: { readonly label: string; readonly values: readonly string[] }
	/** When its source last saw it well, as a timestamp with the same wildcard: closer to a fault than any rule. */
	readonly lastGood?: Vector
	/** Which label a `*` segment ranges over. */
	readonly wildcard?: string
	/** The window of the value, if it has one. */
	readonly window?: string
}

/** Everything about one subject, side by side: what is exposed, what is derived, what it is called in conditions. */
export interface Subject {
	readonly title: string
	readonly series: readonly SeriesSpec[]
	readonly recordings: readonly RecordingSpec[]
	readonly paths: readonly PathSpec[]
}
