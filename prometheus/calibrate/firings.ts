/** Instants at equal distances, at which a history was read. */
export interface Timeline {
	readonly startMs: number
	readonly stepMs: number
	readonly length: number
}

/** One element of a result: its labels, and a value for each instant, NaN where it had none. */
export interface Element {
	readonly labels: Readonly<Record<string, string>>
	readonly values: Float64Array
}

/** From the instant at which an alert fired to the first at which it no longer did; open when it still does at the end. */
export interface Firing {
	readonly fromMs: number
	readonly toMs: number
	readonly open: boolean
}

export interface Times {
	readonly forMs: number
	readonly keepFiringMs: number
}

/**
 * When an alert fires, by the rules of Prometheus: a condition has to be true at each instant for `for`; an instant without
 * it restarts that, but a firing alert continues until its condition has been missing for `keep_firing_for`.
 */
export function firings(holds: (i: number) => boolean, timeline: Timeline, { forMs, keepFiringMs }: Times): Firing[] {
	const { startMs, stepMs, length } = timeline
	const found: Firing[] = []
	let activeAt: number | undefined
	let firedAt: number | undefined
	let missingSince: number | undefined
	for (let i = 0; i < length; i++) {
		const now = startMs + i * stepMs
		if (holds(i)) {
			missingSince = undefined
			activeAt ??= now
			if (firedAt === undefined && now - activeAt >= forMs) firedAt = now
			continue
		}
		if (firedAt !== undefined) {
			missingSince ??= now
			if (keepFiringMs > 0 && now - missingSince < keepFiringMs) continue
			found.push({ fromMs: firedAt, toMs: now, open: false })
		}
		activeAt = firedAt = missingSince = undefined
	}
	const end = startMs + length * stepMs
	if (firedAt !== undefined) found.push({ fromMs: firedAt, toMs: end, open: true })
	return found
}

/** What firings amount to. */
export interface Tally {
	readonly count: number
	readonly totalMs: number
	readonly longestMs: number
	/** How many had not ended when the history did. */
	readonly open: number
}

export const tally = (list: readonly Firing[]): Tally => ({
	count: list.length,
	totalMs: list.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
	longestMs: list.reduce((longest, { fromMs, toMs }) => Math.max(longest, toMs - fromMs), 0),
	open: list.filter(({ open }) => open).length,
})
