/** Time as a dependency, so that tests move it instead of sleeping. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock that moves only by `advance`. */
export function manualClock(start = 0): Clock & { advance(ms: number): void } {
	let at = start
	return {
		now: () => at,
		advance(ms) {
			at += ms
		},
	}
}
