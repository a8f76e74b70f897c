/** What the guardian knows about a process group that it would have to end. */
export interface Charge {
	readonly leader: number
	readonly signal: NodeJS.Signals
	/** Milliseconds between `signal` and SIGKILL. */
	readonly graceMs: number
}

export const addLine = ({ leader, signal, graceMs }: Charge) => `add ${leader} ${signal} ${graceMs}\n`
export const dropLine = (leader: number) => `drop ${leader}\n`

/** The groups that are still to be ended after all that was said. A line that was cut off says nothing. */
export function chargesAfter(text: string): Charge[] {
	const charges = new Map<number, Charge>()
	for (const line of text.split("\n").slice(0, -1)) {
		const [verb, leader, signal, graceMs] = line.split(" ")
		if (verb === "drop") charges.delete(Number(leader))
		if (verb === "add" && Number(leader) > 1)
			charges.set(Number(leader), {
				leader: Number(leader),
				signal: signal as NodeJS.Signals,
				graceMs: Number(graceMs),
			})
	}
	return [...charges.values()]
}
