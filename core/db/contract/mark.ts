import { version } from "../../lib/version.ts"

/**
 * How the views compare with those that this release would make: `foreign` ones are not ours, `newer` ones are of a
 * later release, which runs beside this one during a rolling upgrade.
 */
export type ContractState = "absent" | "foreign" | "stale" | "newer" | "current"

/** Release 0.1.0 marks the schema so. A mark that it does not recognise it leaves alone. */
const FIRST_MARK = /^mcp-observatory contract /
const MARK = /^mcp-observatory: contract of release (\S+), /

/** The comment that marks schema `contract` as ours. */
export const markOf = (hash: string, release = version()) => `mcp-observatory: contract of release ${release}, ${hash}`

/** @param present the comment on the schema, undefined where nothing is in the way */
export function stateOf(present: string | undefined, wanted: string): ContractState {
	if (present === undefined) return "absent"
	if (present === wanted) return "current"
	if (FIRST_MARK.test(present)) return "stale"
	const [, made] = MARK.exec(present) ?? []
	if (made === undefined) return "foreign"
	return isLater(made, MARK.exec(wanted)?.[1] ?? "") ? "newer" : "stale"
}

/** Whether the version `a` is later than `b`, by its three numbers. */
function isLater(a: string, b: string): boolean {
	const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number)) as [number[], number[]]
	const first = left.findIndex((number, i) => number !== right[i])
	return first >= 0 && (left[first] ?? 0) > (right[first] ?? 0)
}
