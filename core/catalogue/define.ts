import type {
	BoundedLabel,
	EnumLabel,
	LabelSpecs,
	PathSpec,
	RecordingSpec,
	SeriesSpec,
	SeriesType,
	Subject,
} from "./types.ts"

type Declared<T extends { kind: string }> = Omit<T, "kind">

export const oneOf = <const V extends string>(...values: V[]): EnumLabel<V> => ({ kind: "enum", values })

export const atMost = (max: number, help: string): BoundedLabel => ({ kind: "bounded", max, help })

const series =
	<T extends SeriesType>(type: T) =>
	<const L extends LabelSpecs>(
		spec: Omit<Declared<SeriesSpec<L, T>>, "type" | "essential"> & { essential?: boolean },
	): SeriesSpec<L, T> => ({
		kind: "series",
		type,
		essential: false,
		...spec,
	})

/** A value that goes up and down. */
export const gauge = series("gauge")
/** A count that never goes down; its name ends in `_total`. */
export const counter = series("counter")
/** A distribution; needs `buckets`. */
export const histogram = series("histogram")

export const recording = (spec: Declared<RecordingSpec>): RecordingSpec => ({ kind: "recording", ...spec })

export const path = (spec: PathSpec): PathSpec => spec

export const subject = (spec: Subject): Subject => spec
