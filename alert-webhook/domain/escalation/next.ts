import type { EscalationPolicy } from "./policies.ts"

/** The state of an escalation. Times in milliseconds since the epoch. */
export interface EscalationState {
	/** The start of the levels' times. */
	readonly anchor: number
	/** The level paged last, counted from 0; -1 before the first. */
	readonly level: number
	readonly pagedAt: number | undefined
	/** When the acknowledgement expires; undefined without one. */
	readonly acknowledgedUntil: number | undefined
	/** A remediation failed: the next level is paged now. */
	readonly escalateNow: boolean
}

/** Why a level is paged now. */
export type EscalationReason = "due" | "remediation_failed" | "repeat" | "acknowledgement_expired"

export type NextStep =
	/** Nothing is due before then; undefined for never. */
	| { readonly do: "wait"; readonly until: number | undefined }
	| {
			readonly do: "page"
			readonly level: number
			readonly why: EscalationReason
	  }

/** The next step of an open incident that escalates. Pure. */
export function nextStep(policy: EscalationPolicy, state: EscalationState, now: number): NextStep {
	const { anchor, pagedAt, acknowledgedUntil, escalateNow } = state
	const last = policy.levels.length - 1
	if (last < 0) return { do: "wait", until: undefined }
	// The policy may have had more levels when the last one was paged.
	const level = Math.min(state.level, last)
	if (acknowledgedUntil !== undefined) {
		if (now < acknowledgedUntil)
			return { do: "wait", until: Number.isFinite(acknowledgedUntil) ? acknowledgedUntil : undefined }
		return { do: "page", level: Math.max(0, level), why: "acknowledgement_expired" }
	}
	if (escalateNow && level < last) return { do: "page", level: level + 1, why: "remediation_failed" }
	// After an interruption the highest level that is due is paged, not each of them in a row.
	const due = policy.levels.findLastIndex(({ afterMs }) => now >= anchor + afterMs)
	if (due > level) return { do: "page", level: due, why: "due" }
	const next = policy.levels[level + 1]
	if (next) return { do: "wait", until: anchor + next.afterMs }
	if (policy.repeatMs === undefined || pagedAt === undefined) return { do: "wait", until: undefined }
	const again = pagedAt + policy.repeatMs
	return now >= again ? { do: "page", level: last, why: "repeat" } : { do: "wait", until: again }
}

/** The page that follows when no one acts, and when, in milliseconds since the epoch; undefined when none does. */
export function nextPage(
	policy: EscalationPolicy,
	state: EscalationState,
	now: number,
): { readonly level: number; readonly why: EscalationReason; readonly at: number } | undefined {
	const step = nextStep(policy, state, now)
	if (step.do === "page") return { level: step.level, why: step.why, at: now }
	if (step.until === undefined) return undefined
	const then = nextStep(policy, state, step.until)
	return then.do === "page" ? { level: then.level, why: then.why, at: step.until } : undefined
}
