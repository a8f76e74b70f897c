import type { Plan } from "./files.ts"
import { compareMeaning } from "./meaning.ts"
import { ALERTS_FILE } from "./plan.ts"

/**
 * Whether the rule tests have been run on this very output already: what is committed has passed them, and this differs
 * from it in nothing but the wording of notifications, such as the console's address.
 */
export function isTested(plan: Plan, committed: (file: string) => string | null): boolean {
	return [...plan].every(([file, text]) => {
		const before = committed(file)
		if (file !== ALERTS_FILE) return text === before
		return before !== null && compareMeaning(before, text).every(({ change }) => change === "wording")
	})
}
