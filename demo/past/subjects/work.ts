import { ACTIVE_STATES, TOKEN_TYPES } from "../../../core/catalogue/subjects/sessions.ts"
import { costOf, type Usage } from "../../work/models.ts"
import type { Events, Recorder } from "../recorder.ts"
import type { Timeline } from "../timeline.ts"

/** Models and their share of the sessions, as `pickModel` draws them. */
export const MODELS = [
	["claude-haiku-4-5", 0.85],
	["claude-sonnet-4-5", 0.13],
	["claude-opus-4-5", 0.02],
] as const

/** Mean tokens of a turn, as `planUsage` draws them. */
const TURN: Usage = { input: 500, output: 180, cacheRead: 5_000, cacheCreation: 375 }
export const TURNS = 3
const SESSIONS_PER_HOUR = 46
const KINDS = { input: "input", output: "output", cache_read: "cacheRead", cache_creation: "cacheCreation" } as const

/** Mean tokens of a session, by type. */
export const tokensOf = (type: (typeof TOKEN_TYPES)[number]): number => TURN[KINDS[type]] * TURNS

/** Mean cost of a session in US dollars. */
export const sessionCost = (model: (typeof MODELS)[number][0]): number => costOf(model, TURN) * TURNS

/** What the sessions of the past did, for the subjects that follow from it. */
export interface Work {
	readonly started: Events
	readonly completed: Events
}

/** Sessions, their tokens and cost, and what they found. */
export function recordWork(recorder: Recorder, timeline: Timeline): Work {
	const { counter, histogram, thin, amounts } = recorder
	const started = recorder.events((time) => SESSIONS_PER_HOUR * timeline.activity(time))
	const failed = thin(started, (time) => (timeline.troubled("sessions", time) ? 0.5 : 0.035))
	const timeout = thin(
		started.map((count, i) => count - (failed[i] ?? 0)),
		0.006,
	)
	const completed = started.map((count, i) => count - (failed[i] ?? 0) - (timeout[i] ?? 0))
	counter("autonomous_sessions_started_total", {}, started)
	const outcomes = { completed, failed, timeout, emergency_stopped: new Float64Array(started.length) }
	for (const [outcome, events] of Object.entries(outcomes))
		counter("autonomous_sessions_finished_total", { outcome }, events)
	const active = recorder.random()
	for (const status of ACTIVE_STATES)
		recorder.gauge("autonomous_sessions_active", { status }, () =>
			status === "running" ? active.pick([1, 2, 2, 2]) : 0,
		)
	// Each release saves a little time, and the time grows back between releases.
	const pace = (time: number) => 108 - 1.2 * timeline.releasesUntil(time) + 1.5 * timeline.daysSinceRelease(time)
	histogram("autonomous_session_duration_seconds", {}, started, { mean: pace, spread: 0.35 })
	histogram("autonomous_session_turns", {}, started, { mean: () => TURNS, spread: 0.25, whole: true })
	for (const [model, share] of MODELS) {
		const sessions = thin(started, share)
		for (const type of TOKEN_TYPES)
			counter(
				"autonomous_session_tokens_total",
				{ type, model },
				amounts(sessions, () => tokensOf(type)).map(Math.round),
			)
		counter(
			"autonomous_session_cost_usd_total",
			{ model },
			amounts(sessions, () => sessionCost(model)),
		)
	}
	recordFindings(recorder, completed)
	return { started, completed }
}

const CATEGORIES = { efficiency: 0.55, performance: 0.31, quality: 0.29, reliability: 0.33 } as const

function recordFindings({ counter, histogram, thin }: Recorder, completed: Events): void {
	const found = new Float64Array(completed.length)
	for (const [category, probability] of Object.entries(CATEGORIES)) {
		const insights = thin(completed, probability)
		counter("autonomous_insights_total", { category }, insights)
		insights.forEach((count, i) => {
			found[i] = (found[i] ?? 0) + count
		})
	}
	counter("autonomous_patterns_identified_total", {}, thin(completed, 0.44))
	counter("autonomous_recommendations_total", {}, thin(completed, 0.17))
	histogram("autonomous_analysis_confidence_ratio", {}, found, { mean: () => 0.76, spread: 0.16, most: 0.98 })
	counter("autonomous_events_total", { type: "analysis_session_complete" }, completed)
}
