import { remediationsWithheld } from "../../../core/catalogue/subjects/remediation.ts"

/** The mode and the limits of an action. */
export interface Policy {
	readonly mode: "shadow" | "approve" | "auto"
	readonly cooldownMs: number
	readonly maxPerHour: number
	readonly maxPerDay: number
	/** Failures in a row that open the circuit breaker. */
	readonly breakerFailures: number
	/** Failures before this no longer count; 0 for never reset. */
	readonly breakerResetAt: number
}

/** The policy of an action without a stored one: shadow, so that nothing runs. */
export const DEFAULT_POLICY: Policy = {
	mode: "shadow",
	cooldownMs: 10 * 60_000,
	maxPerHour: 3,
	maxPerDay: 10,
	breakerFailures: 2,
	breakerResetAt: 0,
}

/** How long an open breaker blocks attempts; after that it permits one. */
export const BREAKER_OPEN_MS = 3_600_000
/** Most targets of one action within an hour: a mistake must not affect everything. */
export const BLAST_RADIUS = 3

/** An attempt that was started. */
export interface Attempt {
	readonly target: string
	readonly startedAt: number
	/** Undefined while it runs or is being verified. */
	readonly succeeded: boolean | undefined
	readonly endedAt: number | undefined
}

/** An action repairs the alert's cause, or contains the harm while the alert fires. */
export type Effect = "repairs" | "contains"

export interface Situation {
	readonly now: number
	readonly effect: Effect
	readonly incidentOpen: boolean
	/** The target of the action; undefined when the alert does not name one. */
	readonly target: string | undefined
	/** The reason why the action cannot run or is not needed, from the action itself. */
	readonly objection: string | undefined
	/** Whether Prometheus has loaded an alert of this name with this remediation. Any client of Alertmanager can send an alert that names one. */
	readonly compiled: boolean
	/** Whether Prometheus has this instance of the alert as firing. */
	readonly firing: boolean
	readonly policy: Policy
	readonly automationPaused: boolean
	/** Attempts of this action during the last day, on any target. */
	readonly attempts: readonly Attempt[]
}

/** The caller names the targets that it counts. */
export const REASONS = remediationsWithheld.labels.reason.values
export type Reason = (typeof REASONS)[number]

export type Decision = { readonly do: "run" | "ask" | "shadow" } | { readonly do: "withhold"; readonly reason: Reason }

/**
 * Whether an action runs, waits for approval, is only recorded, or is withheld and why. The guard rails come before the
 * mode: they apply in every mode, and to a person's approval as well. Past attempts do not block an action that
 * contains: only a person reverses it, so it cannot oscillate, and it may be needed again at once.
 */
export function decide(situation: Situation): Decision {
	const reason = objectionTo(situation)
	if (reason !== undefined) return { do: "withhold", reason }
	return { do: ({ auto: "run", approve: "ask", shadow: "shadow" } as const)[situation.policy.mode] }
}

function objectionTo(situation: Situation): Reason | undefined {
	const { now, effect, target, policy, attempts } = situation
	if (!situation.incidentOpen) return "incident_ended"
	if (!situation.compiled) return "not_compiled"
	if (target === undefined) return "no_target"
	if (situation.objection !== undefined) return "objection"
	if (!situation.firing) return "not_firing"
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

/** A reason for people. */
export const REASON_TEXT: Readonly<Record<Reason, string>> = {
	incident_ended: "the incident is resolved or closed",
	not_compiled: "no alert of this name with this remediation is loaded in Prometheus: it did not come from alerts.yaml",
	not_firing:
		"Prometheus does not have this alert with these labels as firing: it did not send it, or the cause has gone",
	no_target: "the alert does not name a target",
	objection: "it cannot run or is not needed",
	automation_paused: "automation is paused",
	maintenance: "a maintenance window covers the incident",
	shadow_mode: "its mode is now shadow",
	busy: "it already runs on this target",
	circuit_open: "it has failed too often in a row on this target",
	cooldown: "it ran on this target a short while ago",
	hourly_cap: "it ran on this target too often within an hour",
	daily_cap: "it ran on this target too often within a day",
	blast_radius: "it ran on too many targets within an hour",
}

/** A stored reason, for people. */
export function explainReason(reason: string): string {
	const [name = "", ...said] = reason.split(": ")
	return said.length > 0 && name === "objection" ? said.join(": ") : (REASON_TEXT[name as Reason] ?? reason)
}
