import { TOKEN_TYPES } from "../../../core/catalogue/subjects/sessions.ts"
import type { Recorder } from "../recorder.ts"
import type { Timeline } from "../timeline.ts"
import { MODELS, sessionCost, TURNS, tokensOf, type Work } from "./work.ts"

/** Tools, how often a turn uses each, and how often that fails. */
const TOOLS = [
	["Bash", 0.9, 0.06],
	["Read", 1.2, 0.01],
	["Edit", 0.6, 0.04],
	["Grep", 0.5, 0.01],
	["Write", 0.15, 0.01],
] as const

/** What Claude Code itself reports of the same sessions. */
export function recordClaudeCode(recorder: Recorder, timeline: Timeline, { started }: Work): void {
	const { counter, histogram, thin, amounts } = recorder
	const name = (end: string) => `autonomous_claude_code_${end}`
	const none = new Float64Array(started.length)
	const resumed = thin(started, 0.12)
	const starts = { fresh: started.map((count, i) => count - (resumed[i] ?? 0)), resume: resumed }
	for (const type of ["fresh", "resume", "continue", "other"] as const)
		counter(name("sessions_started_total"), { start_type: type }, type in starts ? starts[type as "fresh"] : none)
	counter(name("prompts_total"), {}, started)
	const turns = started.map((count) => count * TURNS)
	for (const [model, share] of MODELS) {
		const sessions = thin(started, share)
		for (const type of TOKEN_TYPES)
			counter(name("tokens_total"), { type, model }, amounts(sessions, () => tokensOf(type)).map(Math.round))
		counter(
			name("cost_usd_total"),
			{ model },
			amounts(sessions, () => sessionCost(model)),
		)
		const requests = sessions.map((count) => count * TURNS)
		counter(name("api_requests_total"), { model }, requests)
		const seconds = (time: number) => 9 * (timeline.troubled("sessions", time) ? 2.5 : 1)
		histogram(name("api_request_duration_seconds"), { model }, requests, { mean: seconds, spread: 0.5 })
		const first = { mean: (time: number) => seconds(time) / 7, spread: 0.5 }
		histogram(name("time_to_first_token_seconds"), { model, effort: "none" }, requests, first)
		counter(
			name("api_errors_total"),
			{ model, status: "529" },
			thin(requests, (time) => (timeline.troubled("sessions", time) ? 0.3 : 0.004)),
		)
	}
	const active = { cli: 80, user: 0, other: 0 }
	for (const [type, seconds] of Object.entries(active))
		counter(
			name("active_seconds_total"),
			{ type },
			amounts(started, () => seconds),
		)
	for (const [tool, perTurn, failing] of TOOLS) {
		const used = amounts(turns, () => perTurn).map(Math.round)
		counter(name("tool_results_total"), { tool }, used)
		counter(name("tool_errors_total"), { tool }, thin(used, failing))
		if (tool === "Edit" || tool === "Write")
			for (const decision of ["accept", "reject"]) {
				const share = decision === "accept" ? 0.98 : 0.02
				counter(name("edit_decisions_total"), { tool, decision }, thin(used, share))
			}
	}
	const lines = { added: 34, removed: 15, other: 0 }
	for (const [type, count] of Object.entries(lines))
		counter(name("lines_of_code_total"), { type }, amounts(started, () => count, 0.8).map(Math.round))
	counter(name("commits_total"), {}, thin(started, 0.3))
	counter(name("pull_requests_total"), {}, thin(started, 0.12))
	const hooks = { success: 1, blocking: 0.01, non_blocking_error: 0.005 }
	for (const [result, share] of Object.entries(hooks)) counter(name("hooks_total"), { result }, thin(turns, share))
}
