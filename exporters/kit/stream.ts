import { SERIES } from "../../core/catalogue/index.ts"
import type { SeriesSpec } from "../../core/catalogue/types.ts"
import type { Column, ColumnName, VIEWS, ViewName } from "../../core/db/contract/views.ts"
import type { Tally } from "../../core/metrics/durable.ts"
import type { Sample } from "../../core/metrics/samples.ts"

/** What every row of the contract has. */
export interface Row {
	readonly provider: string
	readonly seq: number
}

type ValueOf<C> = C extends { readonly type: infer T extends Column["type"] }
	? T extends "text"
		? string
		: T extends "boolean"
			? boolean
			: number
	: never

/** A row as the reader gives it: numbers as doubles, times as seconds since the epoch. Any column may be null. */
export type RowOf<V extends ViewName, C extends ColumnName<V>> = Row & {
	readonly [K in C]: ValueOf<(typeof VIEWS)[V]["columns"][K]> | null
}

/** What is remembered of a row that may still change: what it has contributed, and what gauges need. */
export interface RowState {
	readonly status?: string
}

/** Gauges that are made from the rows that may still change. */
export interface StatusGauges {
	readonly emits: readonly SeriesSpec[]
	/** @param statuses how many rows are remembered with each status */
	of(statuses: ReadonlyMap<string, number>): readonly Sample[]
}

/** How the rows of one view become totals. They and the position are stored under the view's name. */
export interface Stream<R extends Row = Row, S extends RowState = RowState> {
	readonly view: ViewName
	/** The columns that it reads besides `provider` and `seq`. */
	readonly columns: readonly string[]
	/** Counters and histograms that it contributes to. */
	readonly emits: readonly SeriesSpec[]
	readonly gauges?: StatusGauges
	/**
	 * Adds a row to the tally. `before` is what the last look at it returned, undefined at the first one.
	 * Returns what to remember while the row may change, undefined when it is done with. Pure but for the tally.
	 *
	 * @param now the source's clock, in milliseconds
	 */
	take(row: R, before: S | undefined, tally: Tally, now: number): S | undefined
}

interface StreamSpec<V extends ViewName, C extends ColumnName<V>, S extends RowState> extends Stream<RowOf<V, C>, S> {
	readonly view: V
	readonly columns: readonly C[]
	/** Whether a row with this state has ended although corrections may follow; by default, when nothing is remembered. */
	hasEnded?(state: S | undefined): boolean
}

/**
 * A stream of one view. Catalogued histograms that name a column of the view are added to what it reads and emits:
 * each observes its column once a row, when the row ends.
 */
export function defineStream<V extends ViewName, const C extends ColumnName<V>, S extends RowState = RowState>({
	hasEnded = (state) => state === undefined,
	...spec
}: StreamSpec<V, C, S>): Stream<RowOf<V, C>, S> {
	const measured = histogramsOf(spec.view)
	return {
		...spec,
		columns: [...new Set([...spec.columns, ...measured.map(({ column }) => column)])],
		emits: [...spec.emits, ...measured.map(({ series }) => series)],
		take(row, before, tally, now) {
			const after = spec.take(row, before, tally, now)
			if (hasEnded(after) && (before === undefined || !hasEnded(before)))
				for (const { series, column } of measured) {
					const value = (row as Readonly<Record<string, unknown>>)[column]
					if (typeof value === "number") tally.observe(series, {}, value)
				}
			return after
		},
	}
}

type ColumnHistogram = SeriesSpec<Readonly<Record<never, never>>, "histogram">

/** The histograms of the catalogue that name a column of `view`, which have no labels. */
const histogramsOf = (view: ViewName) =>
	SERIES.flatMap((series) => {
		const [of, column] = series.column?.split(".") ?? []
		return of === view && column !== undefined ? [{ series: series as ColumnHistogram, column }] : []
	})

/** A row's corrections may arrive this long after it became final. */
export const SETTLE_MS = 3_600_000

/**
 * The larger one; what cannot be right, as a source may have it, is none: a later correction still counts.
 *
 * @param accepts whether the number can be right; any that is finite when not given
 */
export const highWaterMark = (
	counted: number,
	seen: number | null | undefined,
	accepts: (seen: number) => boolean = Number.isFinite,
): number => (typeof seen === "number" && accepts(seen) ? Math.max(counted, seen) : counted)
