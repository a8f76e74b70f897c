import { remediationsWithheld } from "../../../core/catalogue/subjects/remediation.ts"

/** How far an action may go by itself, and how often. */
export interface Policy {
	readonly mode: "shadow" | "approve" | "auto"
	readonly cooldownMs: number
	readonly maxPerHour: number
	readonly maxPerDay: number
	/** Failures in a row that open the circuit breaker. */
	readonly breakerFailures: number
	/** Failures before this do not count any more; 0 for never reset. */
	readonly breakerResetAt: number
}

/** What is used where nobody has set anything: say what would be done, do nothing. */
export const DEFAULT_POLICY: Policy = {
	mode: "shadow",
	cooldownMs: 10 * 60_000,
	maxPerHour: 3,
	maxPerDay: 10,
	breakerFailures: 2,
	breakerResetAt: 0,
}

/** How long an open breaker lets nothing through; after that one attempt is let through to see. */
export const BREAKER_OPEN_MS = 3_600_000
/** Most targets that one action may touch within an hour: a mistake must not take everything down. */
export const BLAST_RADIUS = 3

/** An attempt that was started. */
export interface Attempt {
	readonly target: string
	readonly startedAt: number
	/** Undefined while it runs or is being verified. */
	readonly succeeded: boolean | undefined
	readonly endedAt: number | undefined
}

/** What an action is for: to make the alert's cause go away, or to keep it from doing harm while it stands. */
export type Effect = "repairs" | "contains"

export interface Situation {
	readonly now: number
	readonly effect: Effect
	readonly incidentOpen: boolean
	/** What the action would act on; undefined when the alert does not say. */
	readonly target: string | undefined
	/** Why the action cannot or need not be done, in the action's own words. */
	readonly objection: string | undefined
	readonly policy: Policy
	readonly automationPaused: boolean
	/** Attempts of this action during the last day, on any target. */
	readonly attempts: readonly Attempt[]
}

/** Named where they are counted. */
export const REASONS = remediationsWithheld.labels.reason.values
export type Reason = (typeof REASONS)[number]

export type Decision = { readonly do: "run" | "ask" | "shadow" } | { readonly do: "withhold"; readonly reason: Reason }

/**
 * Whether an action is run, waits for a person, is only written down, or is withheld and why. The guard rails come
 * before the mode: they hold in every mode, and for a person's approval as well. What contains is not held back by its
 * own past: only a person undoes it, so it cannot go on and off by itself, and it may be needed again at once.
 */
export function decide(situation: Situation): Decision {
	const reason = objectionTo(situation)
	if (reason !== undefined) return { do: "withhold", reason }
	return { do: ({ auto: "run", approve: "ask", shadow: "shadow" } as const)[situation.policy.mode] }
}

function objectionTo(situation: Situation): Reason | undefined {
	const { now, effect, target, policy, attempts } = situation
	if (!situation.incidentOpen) return "incident_over"
	if (target === undefined) return "no_target"
	if (situation.objection !== undefined) return "objection"
	if (situation.automationPaused) return "automation_paused"
	const here = attempts.filter((attempt) => attempt.target === target)
	if (here.some((attempt) => attempt.succeeded === undefined)) return "busy"
	if (effect === "contains") return undefined
	if (circuitOpen(here, policy, now)) return "circuit_open"
	const within = (ms: number) => here.filter(({ startedAt }) => now - startedAt < ms).length
	if (within(policy.cooldownMs) > 0) return "cooldown"
	if (within(3_600_000) >= policy.maxPerHour) return "hourly_cap"
	if (within(86_400_000) >= policy.maxPerDay) return "daily_cap"
	const touched = new Set(
		attempts.filter(({ startedAt }) => now - startedAt < 3_600_000).map((attempt) => attempt.target),
	)
	if (!touched.has(target) && touched.size >= BLAST_RADIUS) return "blast_radius"
	return undefined
}

function circuitOpen(attempts: readonly Attempt[], policy: Policy, now: number): boolean {
	const latest = [...attempts].sort((a, b) => b.startedAt - a.startedAt)
	const success = latest.findIndex((attempt) => attempt.succeeded)
	const failures = (success < 0 ? latest : latest.slice(0, success)).filter(
		({ endedAt, startedAt }) => (endedAt ?? startedAt) > policy.breakerResetAt,
	)
	const [last] = failures
	return (
		last !== undefined &&
		failures.length >= policy.breakerFailures &&
		now - (last.endedAt ?? last.startedAt) < BREAKER_OPEN_MS
	)
}

/** A reason in a person's words. */
export const REASON_TEXT: Readonly<Record<Reason, string>> = {
	incident_over: "the incident is over",
	no_target: "the alert does not say what to act on",
	objection: "it cannot or need not be done",
	automation_paused: "automation is paused",
	maintenance: "a maintenance window covers the incident",
	shadow_mode: "its mode is shadow now, which does nothing",
	busy: "it is being done to the same target already",
	circuit_open: "it has failed too often in a row on this target",
	cooldown: "it was done to this target a short while ago",
	hourly_cap: "it was done to this target too often within an hour",
	daily_cap: "it was done to this target too often within a day",
	blast_radius: "it has touched too many targets within an hour",
}

/** A reason as it is stored, in a person's words. */
export function explainReason(reason: string): string {
	const [name = "", ...said] = reason.split(": ")
	return said.length > 0 && name === "objection" ? said.join(": ") : (REASON_TEXT[name as Reason] ?? reason)
}
