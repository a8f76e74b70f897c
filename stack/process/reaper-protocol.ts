/** A process group that the reaper ends when the runner is gone. */
export interface ProcessGroup {
	readonly leader: number
	readonly signal: NodeJS.Signals
	/** Milliseconds between `signal` and SIGKILL. */
	readonly graceMs: number
}

export const addLine = ({ leader, signal, graceMs }: ProcessGroup) => `add ${leader} ${signal} ${graceMs}\n`
export const dropLine = (leader: number) => `drop ${leader}\n`

/** The groups that were added and not dropped again. */
export class ProcessGroups {
	readonly #groups = new Map<number, ProcessGroup>()
	#rest = ""

	/** Reads the next piece of the protocol. A line counts once it is whole: 10 may be meant as 100. */
	read(chunk: string): void {
		const lines = (this.#rest + chunk).split("\n")
		this.#rest = lines.pop() ?? ""
		for (const line of lines) this.#readLine(line)
	}

	list(): ProcessGroup[] {
		return [...this.#groups.values()]
	}

	#readLine(line: string): void {
		const [verb, leaderText, signal, graceMs] = line.split(" ")
		const leader = Number(leaderText)
		if (verb === "drop") this.#groups.delete(leader)
		// The groups of 0 and 1 are everything.
		if (verb === "add" && leader > 1)
			this.#groups.set(leader, { leader, signal: signal as NodeJS.Signals, graceMs: Number(graceMs) })
	}
}
