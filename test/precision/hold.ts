/** A time in which an alert fires: from when it fired until it no longer does, in seconds since the epoch. */
export interface Episode {
	readonly from: number
	/** Undefined while it fires at the end. */
	readonly until: number | undefined
}

/**
 * What Prometheus makes of an expression that is true at some evaluations: `for` and `keep_firing_for`, as in
 * `rules/alerting.go`.
 *
 * @param trueAt times of evaluation at which it is true, ascending
 * @param times all times of evaluation
 */
export function episodesOf(
	trueAt: ReadonlySet<number>,
	times: Iterable<number>,
	{ forSeconds, keepSeconds }: { readonly forSeconds: number; readonly keepSeconds: number },
): Episode[] {
	const episodes: Episode[] = []
	let pendingSince: number | undefined
	let firedAt: number | undefined
	let falseSince: number | undefined
	for (const time of times) {
		if (trueAt.has(time)) {
			pendingSince ??= time
			falseSince = undefined
			if (time - pendingSince >= forSeconds) firedAt ??= time
			continue
		}
		if (firedAt !== undefined && keepSeconds > 0) {
			falseSince ??= time
			if (time - falseSince < keepSeconds) continue
		}
		if (firedAt !== undefined) episodes.push({ from: firedAt, until: time })
		pendingSince = firedAt = falseSince = undefined
	}
	if (firedAt !== undefined) episodes.push({ from: firedAt, until: undefined })
	return episodes
}
