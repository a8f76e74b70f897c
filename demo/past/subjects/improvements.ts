import type { Events, Recorder } from "../recorder.ts"
import type { Timeline } from "../timeline.ts"
import type { Work } from "./work.ts"

const VIOLATIONS = { read_only: 0.12, scope: 0.1, resource_limit: 0.16, timeout: 0.1 } as const
const PROPOSED = 1 / 6.5
const APPROVED = 0.87

/** A share that each release lowers, down to a third. */
const better = (timeline: Timeline, share: number) => (time: number) =>
	share * Math.max(0.33, 1 - 0.05 * timeline.releasesUntil(time))

/** Improvements, their reviews and rollbacks, what they changed, and violations. */
export function recordImprovements(recorder: Recorder, timeline: Timeline, { started, completed }: Work): void {
	const { counter, histogram, thin, amounts, gauge } = recorder
	const proposed = thin(completed, PROPOSED)
	const approved = thin(proposed, APPROVED)
	const rejected = proposed.map((count, i) => count - (approved[i] ?? 0))
	const regressed = thin(approved, better(timeline, 0.12))
	const gained = approved.map((count, i) => count - (regressed[i] ?? 0))
	const automatic = thin(regressed, 0.7)
	const manual = regressed.map((count, i) => count - (automatic[i] ?? 0))
	const failures = { automatic: thin(automatic, 0.05), manual: thin(manual, 0.05) }
	const rolledBack = regressed.map((count, i) => count - (failures.automatic[i] ?? 0) - (failures.manual[i] ?? 0))

	const stages = { proposed, validated: approved, deployed: approved, rolled_back: rolledBack }
	for (const [stage, events] of Object.entries(stages)) {
		counter("autonomous_improvements_total", { stage }, events)
		counter("autonomous_events_total", { type: `improvement_${stage}` }, events)
	}
	for (const type of ["emergency_stop", "emergency_stop_released", "other"])
		counter("autonomous_events_total", { type }, new Float64Array(started.length))
	counter("autonomous_improvements_measured_total", {}, approved)
	const change = "autonomous_improvement_performance_change_ratio_total"
	counter(
		change,
		{ direction: "gain" },
		amounts(gained, (time) => 0.08 + 0.002 * timeline.releasesUntil(time)),
	)
	counter(
		change,
		{ direction: "regression" },
		amounts(regressed, () => 0.09),
	)
	counter(
		"autonomous_improvement_cost_savings_usd_total",
		{},
		amounts(gained, () => 0.47),
	)

	counter("autonomous_reviews_decided_total", { decision: "approved" }, approved)
	counter("autonomous_reviews_decided_total", { decision: "rejected" }, rejected)
	histogram("autonomous_review_duration_seconds", {}, proposed, { mean: () => 110, spread: 0.4 })
	const pending = recorder.random()
	gauge("autonomous_reviews_pending", {}, () => pending.pick([0, 0, 0, 0, 1, 1, 2]))

	const rollbacks = { automatic, manual }
	for (const trigger of ["automatic", "manual"] as const) {
		counter("autonomous_rollbacks_total", { trigger }, rollbacks[trigger])
		counter("autonomous_rollback_failures_total", { trigger }, failures[trigger])
	}
	histogram("autonomous_rollback_duration_seconds", {}, regressed, { mean: () => 26, spread: 0.4 })

	for (const [kind, perHour] of Object.entries(VIOLATIONS))
		counter(
			"autonomous_violations_total",
			{ kind },
			recorder.events((time) => perHour * timeline.activity(time)),
		)
	const violating = Object.values(VIOLATIONS).reduce((sum, perHour) => sum + perHour, 0)
	counter(
		"autonomous_sessions_violating_total",
		{},
		recorder.events((time) => violating * timeline.activity(time)),
	)
	recordOutcomes(recorder, timeline, approved)
}

/** What is measured of deployed improvements, and of evaluation runs. */
function recordOutcomes(recorder: Recorder, timeline: Timeline, measured: Events): void {
	const { counter, histogram, thin, amounts } = recorder
	const tasks = recorder.events((time) => 23 * timeline.activity(time))
	const kinds = {
		accuracy: measured,
		lint_errors: measured,
		response_time_seconds: measured,
		user_satisfaction: measured,
		error_rate: tasks,
		query_efficiency: tasks,
		task_completion_seconds: tasks,
		test_pass_rate: tasks,
		other: new Float64Array(measured.length),
	}
	for (const [kind, events] of Object.entries(kinds)) counter("autonomous_outcomes_total", { kind }, events)

	const before = amounts(measured, () => 14).map(Math.round)
	counter("autonomous_lint_errors_total", { moment: "before" }, before)
	const left = better(timeline, 0.62)
	counter("autonomous_lint_errors_total", { moment: "after" }, thin(before, left))
	const slow = amounts(measured, () => 0.6)
	counter("autonomous_response_time_seconds_total", { moment: "before" }, slow)
	counter(
		"autonomous_response_time_seconds_total",
		{ moment: "after" },
		slow.map((seconds) => seconds * 0.92),
	)
	const worse = thin(measured, 0.08)
	const improved = measured.map((count, i) => count - (worse[i] ?? 0))
	counter(
		"autonomous_accuracy_change_ratio_total",
		{ direction: "gain" },
		amounts(improved, () => 0.055),
	)
	counter(
		"autonomous_accuracy_change_ratio_total",
		{ direction: "regression" },
		amounts(worse, () => 0.01),
	)

	const releases = (time: number) => timeline.releasesUntil(time)
	const most = 1
	const passed = { mean: (time: number) => 0.9 + 0.006 * releases(time), spread: 0.08, most }
	histogram("autonomous_test_pass_ratio", {}, tasks, passed)
	const efficiency = { mean: (time: number) => 0.58 + 0.006 * releases(time), spread: 0.2, most }
	histogram("autonomous_query_efficiency_ratio", {}, tasks, efficiency)
	const duration = (time: number) => 52 - 0.6 * releases(time) + timeline.daysSinceRelease(time)
	histogram("autonomous_task_duration_seconds", {}, tasks, { mean: duration, spread: 0.3 })
	const errors = (time: number) => (timeline.troubled("mcp", time) ? 0.3 : 0.03)
	histogram("autonomous_task_error_ratio", {}, tasks, { mean: errors, spread: 0.8, most })
	const satisfaction = { mean: () => 4.1, spread: 0.18, most: 5, whole: true }
	histogram("autonomous_user_satisfaction_score", {}, measured, satisfaction)
}
