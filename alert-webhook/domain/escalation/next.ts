import type { EscalationPolicy } from "./policies.ts"

/** Where an escalation stands. Times in milliseconds since the epoch. */
export interface Standing {
	/** What the levels' times are counted from. */
	readonly anchor: number
	/** The level told last, counted from 0; -1 before the first. */
	readonly level: number
	readonly toldAt: number | undefined
	/** Until when somebody has it; undefined when nobody has. */
	readonly acknowledgedUntil: number | undefined
	/** The response has failed: the next level is told now. */
	readonly hurried: boolean
}

/** Why a level is paged now. */
export type EscalationReason = "due" | "remediation_failed" | "repeat" | "acknowledgement_expired"

export type NextStep =
	/** Nothing before then; undefined is for ever. */
	| { readonly do: "wait"; readonly until: number | undefined }
	| {
			readonly do: "tell"
			readonly level: number
			readonly why: EscalationReason
	  }

/** What to do about an open incident that escalates, as values in, value out. */
export function nextStep(policy: EscalationPolicy, standing: Standing, now: number): NextStep {
	const { anchor, toldAt, acknowledgedUntil, hurried } = standing
	const last = policy.levels.length - 1
	if (last < 0) return { do: "wait", until: undefined }
	// The policy may have had more levels when one of them was told.
	const level = Math.min(standing.level, last)
	if (acknowledgedUntil !== undefined) {
		if (now < acknowledgedUntil)
			return { do: "wait", until: Number.isFinite(acknowledgedUntil) ? acknowledgedUntil : undefined }
		return { do: "tell", level: Math.max(0, level), why: "acknowledgement_expired" }
	}
	if (hurried && level < last) return { do: "tell", level: level + 1, why: "remediation_failed" }
	// After an interruption the highest level that is due is told, not each of them in a row.
	const due = policy.levels.findLastIndex(({ afterMs }) => now >= anchor + afterMs)
	if (due > level) return { do: "tell", level: due, why: "due" }
	const next = policy.levels[level + 1]
	if (next) return { do: "wait", until: anchor + next.afterMs }
	if (policy.repeatMs === undefined || toldAt === undefined) return { do: "wait", until: undefined }
	const again = toldAt + policy.repeatMs
	return now >= again ? { do: "tell", level: last, why: "repeat" } : { do: "wait", until: again }
}
