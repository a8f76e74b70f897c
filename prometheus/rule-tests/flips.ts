import type { Alert } from "../../core/alerts/model.ts"
import { type Choices, evaluate } from "./evaluate.ts"
import type { Choice, Leaf } from "./leaves.ts"

/** Two sets of values that differ in one leaf, by the smallest step; the condition holds for one of them alone. */
export interface Flip {
	readonly leaf: Leaf
	readonly quiet: Choices
	readonly firing: Choices
}

const MAX_CONTEXTS = 2_000
const MAX_FLIPS = 12

/**
 * The limits of a condition: for each leaf the values at which the condition turns while everything else stays. Each part
 * of an `&&` or `||` decides in one of them.
 */
export function flipsOf(alert: Alert, leaves: readonly Leaf[]): Flip[] {
	return leaves.flatMap((leaf) => {
		const others = contexts(leaves.filter((other) => other !== leaf))
		return pairs(leaf)
			.flatMap(([a, b]): Flip[] => {
				for (const context of others) {
					const [first, second] = [a, b].map((choice) => new Map([...context, [leaf.key, choice]]))
					if (!first || !second) continue
					const fires = evaluate(alert, first)
					if (fires === evaluate(alert, second)) continue
					return [fires ? { leaf, quiet: second, firing: first } : { leaf, quiet: first, firing: second }]
				}
				return []
			})
			.slice(0, MAX_FLIPS)
	})
}

/** Values between which a leaf may turn the condition. */
function pairs({ choices, limits }: Leaf): (readonly [Choice, Choice])[] {
	if (limits.length === 0) return choices.flatMap((a, i) => choices.slice(i + 1).map((b) => [a, b] as const))
	return limits.slice(1).flatMap((limit, i) => {
		const before = limits[i] ?? limit
		return isNear(before, limit) ? [[before, limit] as const] : []
	})
}

/** So near that no other limit of the condition lies between them. */
const isNear = (a: number, b: number) => b - a <= Math.max(1, Math.abs(a) / 50, Math.abs(b) / 50)

/** Combinations of values of leaves, the plain ones first. */
function contexts(leaves: readonly Leaf[]): Choices[] {
	let all: [string, Choice][][] = [[]]
	for (const { key, choices, limits } of leaves) {
		const own = [...new Set<Choice>([...choices, ...limits])]
		all = own.flatMap((choice) => all.map((chosen): [string, Choice][] => [...chosen, [key, choice]]))
		all = all.slice(0, MAX_CONTEXTS)
	}
	return all.map((chosen) => new Map(chosen))
}
