import type { Gap, Position } from "./position.ts"

/** The row with the highest number among those that have been read, as the source has it now. */
export interface Newest {
	readonly seq: number
	/** When the row came into being, in milliseconds of the source's clock, as far as its view says it. */
	readonly born: number | null
}

/** Where a provider's rows begin again: those numbered above `after` are new, although such numbers were read before. */
export interface Restart {
	/** Undefined when only the rows' own times say it: rows that came into being by `readAt` have been read. */
	readonly after: number | undefined
	readonly readAt: number
}

/**
 * Whether a provider's numbers began again since the last poll, as after a truncation, a restored dump or a failover
 * that lost rows. Rows may be deleted, so that a lower end alone proves nothing; these do:
 *
 * 1. a row under a number that was above the end at an earlier poll, and in no gap;
 * 2. a row that came into being after the last poll, under a number that was read before. This needs times that do not
 *    change, of which the last polls are the proof;
 * 3. another time of the last row read, in other tables than before.
 */
export function restartOf(position: Position, newest: Newest | undefined, storage: string): Restart | undefined {
	const { high, gaps, end, readAt, anchor, steady } = position
	if (high === 0 || readAt === undefined || newest === undefined || isIn(gaps, newest.seq)) return undefined
	if (end !== undefined && newest.seq > end) return { after: end, readAt }
	const isNew = steady === true && newest.born !== null && newest.born > readAt
	if (newest.seq < high) return isNew ? { after: undefined, readAt } : undefined
	const isAnother = anchor?.seq === high && newest.born !== anchor.born && storage !== position.storage
	return isNew && isAnother ? { after: undefined, readAt } : undefined
}

/** The position of a provider whose numbers began again after `after`. */
export function restartAfter({ gaps, steady, restarts = 0 }: Position, after: number, now: number): Position {
	const kept = gaps.flatMap((gap) => (gap.from > after ? [] : [{ ...gap, to: Math.min(gap.to, after) }]))
	return {
		high: after,
		gaps: kept,
		cursor: 0,
		...(steady === undefined ? {} : { steady }),
		restarts: restarts + 1,
		restartedAt: now,
	}
}

/**
 * Remembers what the next poll compares with. `checked` is the newest row at the beginning of this poll, `last` the one
 * at its end.
 */
export function remember(
	position: Position,
	{
		checked,
		last,
		storage,
		now,
	}: { checked: Newest | undefined; last: Newest | undefined; storage: string; now: number },
): Position {
	const { high, anchor, end: _, readAt, ...rest } = position
	const seenAgain = anchor !== undefined && checked?.seq === anchor.seq && checked.born !== null && readAt !== undefined
	// A time ahead of the source's clock says nothing about what came later.
	const steady = seenAgain ? checked.born === anchor.born && checked.born <= readAt : position.steady
	return {
		...rest,
		high,
		...(last?.seq === high ? { anchor: last } : {}),
		...(last === undefined || last.seq < high ? { end: last?.seq ?? 0 } : {}),
		...(steady === undefined ? {} : { steady }),
		readAt: now,
		storage,
	}
}

const isIn = (gaps: readonly Gap[], seq: number) => gaps.some(({ from, to }) => from <= seq && seq <= to)
