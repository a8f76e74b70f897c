import { sessionStateAge, sessionsByState } from "../../../core/catalogue/subjects/session-states.ts"
import {
	inputTokens1d,
	outputTokens1d,
	sessionCost,
	sessionCost1d,
	sessionDuration,
	sessionFailureRatio,
	sessionMeanDuration,
	sessionsActive,
	sessionsCompleted1d,
	sessionsFailed1d,
	sessionsFinished,
	sessionsStarted,
	sessionsStarted1d,
	sessionTokens,
	sessionTurns,
} from "../../../core/catalogue/subjects/sessions.ts"
import { sessionUnpricedTokens } from "../../../core/catalogue/subjects/transcripts.ts"
import { organisationMissing, usageMissing, usageSilentSessions } from "../../../core/catalogue/subjects/usage.ts"
import { band } from "../../kit/layout.ts"
import { compact, increase, latest, quantile, recorded } from "../../kit/query.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "No session yet"

const day = stat({
	key: "sessions-1d",
	title: "Sessions, Last 24 Hours",
	empty,
	shows: [
		recorded(sessionsStarted1d, "Started"),
		recorded(sessionsCompleted1d, "Completed"),
		recorded(sessionsFailed1d, "Failed"),
	],
})

const usage = stat({
	key: "usage-1d",
	title: "Usage, Last 24 Hours",
	empty,
	shows: [
		compact(recorded(inputTokens1d, "Input tokens")),
		compact(recorded(outputTokens1d, "Output tokens")),
		recorded(sessionCost1d, "Cost"),
	],
})

const started = timeseries({
	key: "sessions-started",
	title: "Sessions per Hour",
	empty,
	shows: [increase(sessionsStarted, { legend: "started" }), increase(sessionsFinished, { by: ["outcome"] })],
})

const active = timeseries({
	key: "sessions-active",
	title: "Active Sessions",
	empty,
	stacked: true,
	shows: [latest(sessionsActive, { by: ["status"] })],
})

const states = timeseries({
	key: "session-states",
	title: "Sessions in a Turn by State",
	note: "Waiting: for a person's answer. Looping: the same calls with the same results. Failing: retries without an end. Hung: silent for longer than its work allows.",
	empty: "No transcript and no event of Claude Code yet",
	stacked: true,
	shows: [latest(sessionsByState, { by: ["state"] })],
})

const stateAges = timeseries({
	key: "session-state-age",
	title: "Longest Time in a State",
	note: "Of the session that has been in the state for longest.",
	empty: "No transcript and no event of Claude Code yet",
	shows: [latest(sessionStateAge, { by: ["state"] })],
})

const failures = timeseries({
	key: "session-failures",
	title: "Failure Rate",
	empty: "No session ended in the last 15 minutes of any moment shown",
	shows: [recorded(sessionFailureRatio, "Failed or timed out")],
})

const duration = timeseries({
	key: "session-duration",
	title: "Duration of Sessions",
	empty,
	shows: [recorded(sessionMeanDuration, "mean"), quantile(sessionDuration, 0.5), quantile(sessionDuration, 0.95)],
})

const turns = timeseries({
	key: "session-turns",
	title: "Turns of Sessions",
	note: "The model's answers in the main conversation of the sessions that ended. Sessions without known turns do not count.",
	empty: "No session with known turns ended yet",
	shows: [quantile(sessionTurns, 0.5), quantile(sessionTurns, 0.95)],
})

const tokens = timeseries({
	key: "session-tokens",
	title: "Tokens per Hour",
	empty,
	stacked: true,
	shows: [compact(increase(sessionTokens, { by: ["type"] }))],
})

const cost = timeseries({
	key: "session-cost",
	title: "Cost per Hour by Model",
	empty,
	stacked: true,
	shows: [increase(sessionCost, { by: ["model"] })],
})

const unpriced = timeseries({
	key: "session-unpriced-tokens",
	title: "Tokens Without a Price, Last 24 Hours",
	note: "The cost lacks these tokens, and budgets do not see them: neither Claude Code said what they cost nor does the price table.",
	empty: "The cost of all tokens is known",
	stacked: true,
	shows: [compact(latest(sessionUnpricedTokens, { by: ["model"] }))],
})

const silentSources = timeseries({
	key: "usage-silent-sessions",
	title: "Sessions That a Source Does Not Show",
	note: "They have answers in the other source: telemetry has stopped, or their transcripts are not read.",
	empty: "Telemetry and transcripts have no session in common yet",
	shows: [latest(usageSilentSessions, { by: ["source"] })],
})

const missingTokens = timeseries({
	key: "usage-missing-tokens",
	title: "Tokens That a Source Lacks, Last 24 Hours",
	note: "By session, against the other source. Telemetry also counts requests that no transcript shows.",
	empty: "Telemetry and transcripts have no session in common yet",
	shows: [
		compact(latest(usageMissing, { by: ["source"] })),
		compact(latest(organisationMissing, { legend: "organisation's report" })),
	],
})

export const sessionBands = [
	band(4, day, usage),
	band(8, started, active),
	band(8, states, stateAges),
	band(8, failures, duration, turns),
	band(8, tokens, cost, unpriced),
	band(8, silentSources, missingTokens),
]
