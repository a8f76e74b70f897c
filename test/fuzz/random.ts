/** Numbers that look random and are the same for the same seed. */
export interface Random {
	/** A whole number from 0 to below `below`. */
	below(below: number): number
	/** One of these. */
	of<T>(items: readonly T[]): T
	/** True about `n` times of 100. */
	percent(n: number): boolean
}

/** Mulberry32, by Tommy Ettinger: 32 bits of state. */
export function seeded(seed: number): Random {
	let state = seed | 0
	const next = (): number => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
	const below = (limit: number) => Math.floor(next() * limit)
	return {
		below,
		of: (items) => items[below(items.length)] as (typeof items)[number],
		percent: (n) => below(100) < n,
	}
}
