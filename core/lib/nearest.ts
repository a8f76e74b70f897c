/** The known name most similar to a mistyped one; undefined when none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
	const limit = Math.max(2, Math.floor(name.length / 3))
	let best: string | undefined
	let bestDistance = limit + 1
	for (const candidate of known) {
		const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance)
		if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
	}
	return best
}

/** "did you mean …?", or undefined. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
	const found = nearest(name.slice(0, 200), known)
	return found === undefined ? undefined : `did you mean ${found}?`
}

/** Insertions, deletions, replacements and swaps of neighbours between two texts; `limit` or more counts as `limit`. */
function editDistance(a: string, b: string, limit: number): number {
	if (Math.abs(a.length - b.length) >= limit) return limit
	let before: number[] = []
	let last = Array.from({ length: b.length + 1 }, (_, j) => j)
	for (let i = 1; i <= a.length; i++) {
		const row = [i]
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1]
			let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
			row.push(cost)
		}
		before = last
		last = row
	}
	return Math.min(last[b.length] ?? limit, limit)
}
