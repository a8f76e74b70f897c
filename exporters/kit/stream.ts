import type { SeriesSpec } from "../../core/catalogue/types.ts"
import type { ViewName } from "../../core/db/contract/views.ts"
import type { Tally } from "../../core/metrics/durable.ts"

/** What every row of the contract has. */
export interface Row {
	readonly provider: string
	readonly seq: number
}

/** What is remembered of a row that may still change: what it has contributed, and what gauges need. */
export interface RowState {
	readonly status?: string
}

/** How the rows of one view become totals. */
export interface Stream<R extends Row = Row, S extends RowState = RowState> {
	/** Under which its position and totals are stored; never renamed. */
	readonly reader: string
	readonly view: ViewName
	/** Select list after `provider` and `seq`; times as seconds since the epoch, numbers as double precision. */
	readonly select: string
	/** Counters and histograms that it contributes to. */
	readonly emits: readonly SeriesSpec[]
	/**
	 * Takes a row over into the tally. `before` is what the last look at it returned, undefined at the first one.
	 * Returns what to remember while the row may change, undefined when it is done with. Pure but for the tally.
	 *
	 * @param now the source's clock, in milliseconds
	 */
	take(row: R, before: S | undefined, tally: Tally, now: number): S | undefined
}

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
