/** The parts that the demo can break. The runner owns the database. */
export const PARTS = ["mcp", "sessions", "violations", "reviews"] as const
export type Part = (typeof PARTS)[number]

export const isPart = (word: string): word is Part => PARTS.some((part) => part === word)

/** The parts that are broken on purpose. */
export interface Switches {
	broken(part: Part): boolean
	set(part: Part, broken: boolean): void
}

export function createSwitches(onChange: (part: Part, broken: boolean) => void = () => undefined): Switches {
	const down = new Set<Part>()
	return {
		broken: (part) => down.has(part),
		set(part, broken) {
			if (down.has(part) === broken) return
			if (broken) down.add(part)
			else down.delete(part)
			onChange(part, broken)
		},
	}
}
