import type { Random } from "./random.ts"

/** A finding of a completed analysis session. */
export interface Finding {
	readonly kind: "insight" | "pattern"
	readonly category: "performance" | "quality" | "efficiency" | "reliability"
	readonly confidence: number
	readonly summary: string
}

export interface Proposal {
	readonly type: string
	readonly confidence: number
	readonly title: string
}

const FINDINGS = [
	["efficiency", "The same resource is read three times within one task"],
	["performance", "Large graph reads take most of a task's tool time"],
	["reliability", "Connections are reopened for every call instead of being kept"],
	["quality", "Answers that cite a tool's result pass more often"],
	["efficiency", "Searches with two words return less to read than searches with one"],
] as const

const PROPOSALS = [
	["cache_results", "Cache structured results for the length of a task"],
	["batch_calls", "Ask for several entities in one call"],
	["tune_timeout", "Shorten the timeout of calls that answer within a second"],
	["narrow_query", "Search before reading the whole graph"],
	["reuse_connection", "Keep one connection for a whole session"],
] as const

const confidence = (random: Random) => Math.round(random.between(0.55, 0.98) * 100) / 100

export function planFindings(random: Random): Finding[] {
	return Array.from({ length: random.int(1, 3) }, () => {
		const [category, summary] = random.pick(FINDINGS)
		return {
			kind: random.chance(0.25) ? ("pattern" as const) : ("insight" as const),
			category,
			confidence: confidence(random),
			summary,
		}
	})
}

export function planProposal(random: Random): Proposal {
	const [type, title] = random.pick(PROPOSALS)
	return { type, title, confidence: confidence(random) }
}
