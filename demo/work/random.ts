/** Randomness as a dependency: the same seed gives the same numbers. */
export interface Random {
	/** From 0 up to, but not including, 1. */
	next(): number
	between(low: number, high: number): number
	/** A whole number from `low` to `high`, both included. */
	int(low: number, high: number): number
	pick<const L extends readonly [unknown, ...unknown[]]>(items: L): L[number]
	chance(probability: number): boolean
}

/** A small generator (mulberry32), not fit for secrets. */
export function seededRandom(seed: number): Random {
	let state = seed >>> 0
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0
		let mixed = Math.imul(state ^ (state >>> 15), state | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
	}
	const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
	return {
		next,
		int,
		between: (low, high) => low + next() * (high - low),
		pick: (items) => items[int(0, items.length - 1)] ?? items[0],
		chance: (probability) => next() < probability,
	}
}

/**
 * Returns true once every `low` to `high` calls, never twice in a row, so that a healthy demo stays below the thresholds
 * of its alerts.
 */
export function cadence(random: Random, low: number, high: number): () => boolean {
	let left = random.int(low, high)
	return () => {
		left -= 1
		if (left > 0) return false
		left = random.int(low, high)
		return true
	}
}
