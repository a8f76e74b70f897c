import { formatDuration } from "../../core/lib/config.ts"

/** When a service is degraded, hung, or started again. Times are in milliseconds. */
export interface SupervisionPolicy {
	readonly firstDelayMs: number
	readonly longestDelayMs: number
	/** The share of a delay that is random, so that services do not restart in step. */
	readonly jitter: number
	/** A service that was ready for this long begins with the shortest delay again. */
	readonly stableAfterMs: number
	/** Failed checks in a row. */
	readonly degradedAfter: number
	/** Checks in a row without any answer, after which the service counts as hung. */
	readonly hungAfter: number
	/** Checks in a row that were answered with an error, after which the service is restarted. */
	readonly unwellAfter: number
	/** A start may take this many times longer while the service answers that it is still busy, or after short lives. */
	readonly busyStartFactor: number
}

export const DEFAULT_POLICY: SupervisionPolicy = {
	firstDelayMs: 1_000,
	longestDelayMs: 60_000,
	jitter: 0.2,
	stableAfterMs: 60_000,
	degradedAfter: 2,
	hungAfter: 8,
	unwellAfter: 60,
	busyStartFactor: 10,
}

/** Why a check failed: without any answer, or with one that says so. */
export interface Problem {
	readonly answered: boolean
	readonly reason: string
}

export type SupervisionEvent =
	| { readonly kind: "started"; readonly readyWithinMs: number }
	| { readonly kind: "passed" }
	| { readonly kind: "failed"; readonly problem: Problem }
	/** The process ended, or could not be started: how, and the last line of its output. */
	| { readonly kind: "ended"; readonly how: string; readonly words: string }
	/** A person does not want to wait. */
	| { readonly kind: "repair" }
	/** The process is there, and a person wants it replaced. */
	| { readonly kind: "condemned"; readonly reason: string }

export interface LastExit {
	readonly at: number
	readonly how: string
	readonly words: string
}

/** What the supervisor knows of one service. */
export interface Supervision {
	/** `condemned`: it has to be ended; `backing off`: it starts again at `retryAt`. */
	readonly phase: "starting" | "up" | "degraded" | "condemned" | "backing off"
	readonly reason: string
	readonly restarts: number
	readonly lastExit: LastExit | undefined
	readonly retryAt: number | undefined
	/** Lives in a row that ended before they were stable. */
	readonly shortLives: number
	readonly startedAt: number
	readonly readyWithinMs: number
	readonly readyAt: number | undefined
	readonly failedChecks: number
	readonly silentChecks: number
}

export const initialSupervision: Supervision = {
	phase: "starting",
	reason: "",
	restarts: 0,
	lastExit: undefined,
	retryAt: undefined,
	shortLives: 0,
	startedAt: 0,
	readyWithinMs: 0,
	readyAt: undefined,
	failedChecks: 0,
	silentChecks: 0,
}

export interface Decision {
	readonly policy: SupervisionPolicy
	readonly now: number
	/** From 0 to 1. */
	readonly random: number
}

/** The state after an event. There is no state from which a service is not started again. */
export function supervise(state: Supervision, event: SupervisionEvent, decision: Decision): Supervision {
	const { now } = decision
	switch (event.kind) {
		case "started":
			return {
				...state,
				phase: "starting",
				reason: "",
				retryAt: undefined,
				startedAt: now,
				readyWithinMs: event.readyWithinMs,
				readyAt: undefined,
				failedChecks: 0,
				silentChecks: 0,
			}
		case "passed":
			if (state.phase === "condemned") return state
			return { ...state, phase: "up", reason: "", readyAt: state.readyAt ?? now, failedChecks: 0, silentChecks: 0 }
		case "failed":
			return state.phase === "starting"
				? checkStart(state, event.problem, decision)
				: checkHealth(state, event.problem, decision)
		case "ended":
			return backOff(state, event, decision)
		case "repair":
			return { ...state, shortLives: 0, retryAt: state.retryAt === undefined ? undefined : now }
		case "condemned":
			return { ...state, phase: "condemned", reason: event.reason }
	}
}

function checkStart(state: Supervision, { answered, reason }: Problem, { policy, now }: Decision): Supervision {
	// What needed too long on a busy machine would be ended at the same moment each time: each further try may take twice as long.
	const patience = answered ? policy.busyStartFactor : Math.min(2 ** state.shortLives, policy.busyStartFactor)
	const allowed = state.readyWithinMs * patience
	if (now - state.startedAt <= allowed) return state
	return { ...state, phase: "condemned", reason: `did not get ready within ${formatDuration(allowed)}: ${reason}` }
}

function checkHealth(state: Supervision, { answered, reason }: Problem, { policy }: Decision): Supervision {
	if (state.phase === "condemned") return state
	const failedChecks = state.failedChecks + 1
	const silentChecks = answered ? 0 : state.silentChecks + 1
	const next = { ...state, failedChecks, silentChecks, reason }
	if (silentChecks >= policy.hungAfter)
		return { ...next, phase: "condemned", reason: `did not answer ${silentChecks} checks: ${reason}` }
	if (failedChecks >= policy.unwellAfter)
		return { ...next, phase: "condemned", reason: `failed ${failedChecks} checks: ${reason}` }
	return failedChecks >= policy.degradedAfter ? { ...next, phase: "degraded" } : { ...next, reason: state.reason }
}

function backOff(
	state: Supervision,
	{ how, words }: { readonly how: string; readonly words: string },
	{ policy, now, random }: Decision,
): Supervision {
	const stable = state.readyAt !== undefined && now - state.readyAt >= policy.stableAfterMs
	const shortLives = stable ? 1 : state.shortLives + 1
	const cause = state.phase === "condemned" ? `${state.reason}; ${how}` : how
	return {
		...state,
		phase: "backing off",
		reason: words === "" ? cause : `${cause}: ${words}`,
		restarts: state.restarts + 1,
		lastExit: { at: now, how: cause, words },
		shortLives,
		retryAt: now + restartDelay(shortLives, policy, random),
		readyAt: undefined,
	}
}

/** Milliseconds before the start that follows the `shortLives`-th short life: doubled each time, capped, with jitter. */
export function restartDelay(shortLives: number, policy: SupervisionPolicy, random: number): number {
	const delay = Math.min(policy.firstDelayMs * 2 ** Math.min(shortLives - 1, 30), policy.longestDelayMs)
	return Math.round(delay * (1 + policy.jitter * (random - 0.5)))
}

/** What a person reads behind the state. `clockTime` writes a moment as a time of day. */
export function describe(state: Supervision, clockTime: (at: number) => string): string {
	const { phase, reason, restarts, retryAt, lastExit } = state
	const count = restarts === 0 ? "" : `restarts: ${restarts}`
	if (phase === "backing off") {
		const first = `${reason}; next start at ${clockTime(retryAt ?? 0)}`
		return restarts < 2 ? first : `${first} (${count})`
	}
	const last = lastExit === undefined ? "" : `last exit at ${clockTime(lastExit.at)}: ${lastExit.how}`
	return [reason, [count, last].filter((text) => text !== "").join(", ")].filter((text) => text !== "").join("; ")
}
