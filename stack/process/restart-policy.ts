const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 15_000
const WINDOW_MS = 120_000
const LIMIT = 5

/**
 * How long to wait before a part that ended at the last of `endedAt` (milliseconds, ascending) runs again: one second,
 * doubled with each earlier end in the last two minutes. Undefined after the fifth, when waiting has no more use.
 */
export function restartDelay(endedAt: readonly number[]): number | undefined {
	const last = endedAt.at(-1) ?? 0
	const recent = endedAt.filter((at) => at > last - WINDOW_MS).length
	if (recent > LIMIT) return undefined
	return Math.min(FIRST_DELAY_MS * 2 ** (recent - 1), LONGEST_DELAY_MS)
}
