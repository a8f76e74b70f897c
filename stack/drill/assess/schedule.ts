/** What a drill needs of a stack. */
export interface Needs {
	readonly name: string
	/** Parts that it breaks: no other drill may use them meanwhile. */
	readonly breaks: readonly string[]
	/** Parts that have to work while it runs, and may serve others. */
	readonly uses: readonly string[]
}

/** A drill that breaks this needs the stack for itself. */
export const EVERYTHING = "everything"

/** Whether two drills can run at the same time. */
export function areIndependent(a: Needs, b: Needs): boolean {
	if (a.breaks.includes(EVERYTHING) || b.breaks.includes(EVERYTHING)) return false
	const touches = ({ breaks, uses }: Needs) => [...breaks, ...uses]
	return !a.breaks.some((part) => touches(b).includes(part)) && !b.breaks.some((part) => touches(a).includes(part))
}

/**
 * The waiting drills that can start now. A drill for the whole stack that has become the first in line lets no later one
 * pass, so that it comes to its turn.
 */
export function startable<N extends Needs>(waiting: readonly N[], running: readonly Needs[]): N[] {
	const chosen: N[] = []
	for (const next of waiting) {
		if ([...running, ...chosen].every((other) => areIndependent(next, other))) chosen.push(next)
		if (next.breaks.includes(EVERYTHING)) break
	}
	return chosen
}
