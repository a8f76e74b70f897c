/** Numbers that were skipped: a running transaction may still bring rows with them. */
export interface Gap {
	readonly from: number
	readonly to: number
	/** The source's clock, in milliseconds, when the gap was first seen. */
	readonly seenAt: number
	/** Every transaction that could fill the gap has an id below this one; set when the grace period ends. */
	readonly fence?: string
}

/** How far one provider's rows have been read. */
export interface Position {
	/** The highest number read. */
	readonly high: number
	/** Ascending, disjoint, all at or below `high`. */
	readonly gaps: readonly Gap[]
	/** The next poll reads tracked rows again from here on. */
	readonly cursor: number
	/** History remains to be read: the totals are not complete. */
	readonly behind?: boolean
	/** The source's clock at the last poll, in milliseconds. */
	readonly readAt?: number
	/** The row numbered `high` at the last poll. */
	readonly anchor?: { readonly seq: number; readonly born: number | null }
	/** Whether rows keep the time at which they came into being; undefined while that is not known. */
	readonly steady?: boolean
	/** The highest number that was left at the last poll, when the row numbered `high` was gone. */
	readonly end?: number
	/** The tables beneath the view at the last poll. */
	readonly storage?: string
	/** How often the numbers began again, and when they did so last, by the source's clock. */
	readonly restarts?: number
	readonly restartedAt?: number
}

/** The moment of reading, by PostgreSQL's snapshot. */
export interface Moment {
	/** The source's clock in milliseconds. */
	readonly now: number
	/** Transactions below this id have ended. */
	readonly xmin: string
	/** Transactions from this id on have not started. */
	readonly xmax: string
}

export const START: Position = { high: 0, gaps: [], cursor: 0 }

/** A number is assigned before its transaction has an id; the second follows the first sooner than this. */
export const GRACE_MS = 60_000
/** Gaps of this age are given up, for example after the source was replaced by another server. */
const EXPIRY_MS = 24 * 3_600_000
/** Most gaps that are kept; the lowest, which are the oldest, are given up first. */
export const MAX_GAPS = 5_000

/** Moves `high` over rows above it, in ascending order: the numbers between them become gaps. */
export function advance(position: Position, seqs: readonly number[], now: number): Position {
	const gaps = [...position.gaps]
	let high = position.high
	for (const seq of seqs) {
		if (seq > high + 1) gaps.push({ from: high + 1, to: seq - 1, seenAt: now })
		high = Math.max(high, seq)
	}
	return { ...position, high, gaps: gaps.slice(-MAX_GAPS) }
}

/** Removes the numbers of rows that were read from the gaps. `seqs` ascending. */
export function fill(gaps: readonly Gap[], seqs: readonly number[]): Gap[] {
	let next = 0
	return gaps.flatMap((gap) => {
		const rest: Gap[] = []
		let from = gap.from
		while (next < seqs.length && (seqs[next] as number) < gap.from) next++
		for (; next < seqs.length && (seqs[next] as number) <= gap.to; next++) {
			const seq = seqs[next] as number
			if (seq > from) rest.push({ ...gap, from, to: seq - 1 })
			from = seq + 1
		}
		if (from <= gap.to) rest.push({ ...gap, from })
		return rest
	})
}

/**
 * Gives up gaps that no transaction can fill any more. A gap whose grace period has ended gets a fence: the transactions
 * that its numbers were assigned to have ids below it. When all of those have ended and the gap, read in the same
 * snapshot, is still empty, its rows were rolled back or deleted.
 */
export function expire(gaps: readonly Gap[], { now, xmin, xmax }: Moment, graceMs = GRACE_MS): Gap[] {
	return gaps.flatMap((gap) => {
		if (now - gap.seenAt > EXPIRY_MS) return []
		if (gap.fence !== undefined) return BigInt(xmin) >= BigInt(gap.fence) ? [] : [gap]
		return now - gap.seenAt >= graceMs ? [{ ...gap, fence: xmax }] : [gap]
	})
}

/** How to read the gaps: short ones number by number, long ones as ranges. */
export function gapReads(gaps: readonly Gap[]): { readonly numbers: number[]; readonly ranges: Gap[] } {
	const numbers: number[] = []
	const ranges: Gap[] = []
	for (const gap of gaps) {
		if (gap.to - gap.from >= 100) ranges.push(gap)
		else for (let seq = gap.from; seq <= gap.to; seq++) numbers.push(seq)
	}
	return { numbers, ranges }
}
