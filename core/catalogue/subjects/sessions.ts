import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, part, promql, total } from "../promql.ts"
import type { PromQL } from "../types.ts"
import { sessionUnpricedTokens } from "./transcripts.ts"

/** States in which a session works or may resume. */
export const ACTIVE_STATES = ["initializing", "running", "paused"] as const
/** States in which a session has ended. The strategy's "failed" is failed and timeout together. */
export const FINAL_STATES = ["completed", "failed", "timeout", "emergency_stopped"] as const
export const TOKEN_TYPES = ["input", "output", "cache_read", "cache_creation"] as const

const model = atMost(50, "the model's name without a context-window suffix")

export const sessionsStarted = counter({
	name: "autonomous_sessions_started_total",
	group: "autonomous",
	quantity: "count",
	help: "Autonomous sessions that were started.",
	labels: {},
	emitter: "sessions",
	essential: true,
})

export const sessionsFinished = counter({
	name: "autonomous_sessions_finished_total",
	group: "autonomous",
	quantity: "count",
	help: "Autonomous sessions that ended, by how.",
	labels: { outcome: oneOf(...FINAL_STATES) },
	emitter: "sessions",
	essential: true,
})

export const sessionsActive = gauge({
	name: "autonomous_sessions_active",
	group: "autonomous",
	quantity: "count",
	help: "Autonomous sessions that have not ended, by state.",
	labels: { status: oneOf(...ACTIVE_STATES) },
	emitter: "sessions",
	essential: true,
})

export const sessionDuration = histogram({
	name: "autonomous_session_duration_seconds",
	group: "autonomous",
	quantity: "seconds",
	help: "Duration of sessions that ended, from start to end.",
	labels: {},
	buckets: [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
	emitter: "sessions",
	essential: true,
})

export const sessionTurns = histogram({
	name: "autonomous_session_turns",
	group: "autonomous",
	quantity: "count",
	help: "Turns of sessions that ended: the model's answers in the main conversation.",
	labels: {},
	buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
	column: "sessions.turns",
	emitter: "sessions",
})

export const sessionTokens = counter({
	name: "autonomous_session_tokens_total",
	group: "autonomous",
	quantity: "count",
	help: "Tokens that sessions used, by type and model.",
	labels: { type: oneOf(...TOKEN_TYPES), model },
	emitter: "sessions",
	essential: true,
})

export const sessionCost = counter({
	name: "autonomous_session_cost_usd_total",
	group: "autonomous",
	quantity: "usd",
	help: "Cost of sessions in US dollars at list price, by model.",
	labels: { model },
	emitter: "sessions",
	essential: true,
})

const outcome = (value: (typeof FINAL_STATES)[number]) => ({ of: sessionsFinished, matchers: { outcome: value } })

export const sessionsFinished15m = recording({
	name: "autonomous:sessions_finished:increase15m",
	quantity: "count",
	help: "Sessions that ran to an end of their own (completed, failed or timed out) in the last 15 minutes.",
	formula: "increase of completed + failed + timeout, 15 m",
	window: "15m",
	expr: increased(promql`${sessionsFinished}{outcome!="emergency_stopped"}`, "15m"),
	labels: [],
})

export const sessionFailureRatio = recording({
	name: "autonomous:sessions_failed:ratio_increase15m",
	quantity: "ratio",
	help: "Share of sessions ended in the last 15 minutes that failed or timed out. Emergency stops do not count; without ended sessions there is no value.",
	formula: "(failed + timeout) ÷ (completed + failed + timeout), increases over 15 m",
	window: "15m",
	expr: promql`${increased(promql`${sessionsFinished}{outcome=~"failed|timeout"}`, "15m")} / (${sessionsFinished15m} > 0)`,
	labels: [],
})

export const sessionsFinished3m = recording({
	name: "autonomous:sessions_finished:increase3m",
	quantity: "count",
	help: "Sessions that ran to an end of their own (completed, failed or timed out) in the last 3 minutes.",
	formula: "increase of completed + failed + timeout, 3 m",
	window: "3m",
	expr: increased(promql`${sessionsFinished}{outcome!="emergency_stopped"}`, "3m"),
	labels: [],
})

export const sessionRecentFailureRatio = recording({
	name: "autonomous:sessions_failed:ratio_increase3m",
	quantity: "ratio",
	help: "Share of sessions ended in the last 3 minutes that failed or timed out: soon after a step to failure it is near 1. Emergency stops do not count; without ended sessions there is no value.",
	formula: "(failed + timeout) ÷ (completed + failed + timeout), increases over 3 m",
	window: "3m",
	expr: promql`${increased(promql`${sessionsFinished}{outcome=~"failed|timeout"}`, "3m")} / (${sessionsFinished3m} > 0)`,
	labels: [],
})

export const sessionMeanDuration = recording({
	name: "autonomous:session_duration:mean1h",
	quantity: "seconds",
	help: "Mean duration of the sessions that ended in the last hour.",
	formula: "increase of summed seconds ÷ increase of ended sessions, 1 h",
	window: "1h",
	expr: promql`${increased(part(sessionDuration, "sum"), "1h")} / (${increased(part(sessionDuration, "count"), "1h")} > 0)`,
	labels: [],
})

export const sessionsActiveSum = recording({
	name: "autonomous:sessions_active:sum",
	quantity: "count",
	help: "Autonomous sessions that have not ended.",
	formula: "sum over states",
	expr: total(promql`${sessionsActive}`),
	labels: [],
})

/** Increase over a day, evaluated each minute. */
const increase1d = (name: string, quantity: "count" | "usd", help: string, of: PromQL) =>
	recording({
		name,
		quantity,
		help,
		formula: "increase over 1 d",
		window: "1d",
		interval: "1m",
		expr: increased(of, "1d"),
		labels: [],
	})

export const sessionsStarted1d = increase1d(
	"autonomous:sessions_started:increase1d",
	"count",
	"Sessions started in the last 24 hours.",
	promql`${sessionsStarted}`,
)
export const sessionsCompleted1d = increase1d(
	"autonomous:sessions_completed:increase1d",
	"count",
	"Sessions completed in the last 24 hours.",
	promql`${outcome("completed")}`,
)
export const sessionsFailed1d = increase1d(
	"autonomous:sessions_failed:increase1d",
	"count",
	"Sessions that failed or timed out in the last 24 hours.",
	promql`${sessionsFinished}{outcome=~"failed|timeout"}`,
)
const tokens1d = (type: (typeof TOKEN_TYPES)[number]) =>
	increase1d(
		`autonomous:session_${type}_tokens:increase1d`,
		"count",
		`Tokens of type ${type} used in the last 24 hours.`,
		promql`${{ of: sessionTokens, matchers: { type } }}`,
	)
export const inputTokens1d = tokens1d("input")
export const outputTokens1d = tokens1d("output")
const cost1d = increased(promql`${sessionCost}`, "1d")

/** Nothing rather than 0 when tokens were used and no cost is known: a budget must not look untouched. */
export const sessionCost1d = recording({
	name: "autonomous:session_cost_usd:increase1d",
	quantity: "usd",
	help: "Cost of sessions in the last 24 hours, in US dollars: the value to compare with a daily budget. No value while tokens were used and the cost of none is known.",
	formula: "increase over 1 d, unless it is 0 and there are tokens without a price",
	window: "1d",
	interval: "1m",
	expr: promql`${cost1d} > 0 or (${cost1d} unless on () (${total(promql`${sessionUnpricedTokens}`)} > 0))`,
	labels: [],
})

export default subject({
	title: "Sessions",
	series: [
		sessionsStarted,
		sessionsFinished,
		sessionsActive,
		sessionDuration,
		sessionTurns,
		sessionTokens,
		sessionCost,
	],
	recordings: [
		sessionsFinished15m,
		sessionFailureRatio,
		sessionsFinished3m,
		sessionRecentFailureRatio,
		sessionMeanDuration,
		sessionsActiveSum,
		sessionsStarted1d,
		sessionsCompleted1d,
		sessionsFailed1d,
		inputTokens1d,
		outputTokens1d,
		sessionCost1d,
	],
	paths: [
		path({
			path: "metrics.sessions.total",
			quantity: "count",
			help: sessionsStarted1d.help,
			value: { of: sessionsStarted1d },
			counter: { of: sessionsStarted },
			window: "1d",
		}),
		path({
			path: "metrics.sessions.active",
			quantity: "count",
			help: sessionsActiveSum.help,
			value: { of: sessionsActiveSum },
		}),
		path({
			path: "metrics.sessions.completed",
			quantity: "count",
			help: sessionsCompleted1d.help,
			value: { of: sessionsCompleted1d },
			counter: outcome("completed"),
			window: "1d",
		}),
		path({
			path: "metrics.sessions.failed",
			quantity: "count",
			help: sessionsFailed1d.help,
			value: { of: sessionsFailed1d },
			window: "1d",
		}),
		path({
			path: "metrics.sessions.failureRate",
			quantity: "ratio",
			help: sessionFailureRatio.help,
			value: { of: sessionFailureRatio },
			volume: { of: sessionsFinished15m },
			window: "15m",
		}),
		path({
			path: "metrics.sessions.recentFailureRate",
			quantity: "ratio",
			help: sessionRecentFailureRatio.help,
			value: { of: sessionRecentFailureRatio },
			volume: { of: sessionsFinished3m },
			window: "3m",
		}),
		path({
			path: "metrics.sessions.averageDuration",
			quantity: "seconds",
			help: sessionMeanDuration.help,
			value: { of: sessionMeanDuration },
			histogram: { of: sessionDuration },
			window: "1h",
		}),
		path({
			path: "metrics.sessions.tokenUsage.input",
			quantity: "count",
			help: inputTokens1d.help,
			value: { of: inputTokens1d },
			counter: { of: sessionTokens, matchers: { type: "input" } },
			window: "1d",
		}),
		path({
			path: "metrics.sessions.tokenUsage.output",
			quantity: "count",
			help: outputTokens1d.help,
			value: { of: outputTokens1d },
			counter: { of: sessionTokens, matchers: { type: "output" } },
			window: "1d",
		}),
		path({
			path: "metrics.sessions.tokenUsage.cost",
			quantity: "usd",
			help: sessionCost1d.help,
			value: { of: sessionCost1d },
			counter: { of: sessionCost },
			window: "1d",
		}),
	],
})
