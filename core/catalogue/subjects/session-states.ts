import { gauge, oneOf, path, recording, subject } from "../define.ts"
import { promql } from "../promql.ts"

/** States of a session in the middle of a turn. */
export const SESSION_STATES = ["working", "waiting", "looping", "failing", "hung"] as const
export type SessionState = (typeof SESSION_STATES)[number]

const state = oneOf(...SESSION_STATES)

export const sessionsByState = gauge({
	name: "autonomous_sessions_by_state",
	group: "autonomous",
	quantity: "count",
	help: "Claude Code sessions in the middle of a turn, by state: working; waiting for a person who has not answered a question or a permission prompt; looping, the same calls with the same results again and again; failing and retrying without an end; hung, silent for longer than its call or the model may take. No value without transcripts and events.",
	labels: { state },
	emitter: "session_states",
})

export const sessionStateAge = gauge({
	name: "autonomous_session_state_longest_seconds",
	group: "autonomous",
	quantity: "seconds",
	help: "How long the session that has been in this state for longest is in it; 0 when no session is.",
	labels: { state },
	emitter: "session_states",
})

const inState = (value: SessionState, help: string) =>
	recording({
		name: `autonomous:sessions_${value}:max`,
		quantity: "count",
		help,
		formula: "largest of the exporters' counts",
		expr: promql`max(${{ of: sessionsByState, matchers: { state: value } }})`,
		labels: [],
	})

export const sessionsWaiting = inState("waiting", "Sessions that wait for a person.")
export const sessionsLooping = inState("looping", "Sessions that make the same calls with the same results again.")
export const sessionsFailing = inState("failing", "Sessions whose calls or requests fail without an end.")
export const sessionsHung = inState("hung", "Sessions that are silent for longer than their work allows.")

export const sessionLongestWait = recording({
	name: "autonomous:session_wait:max",
	quantity: "seconds",
	help: "How long a session has waited for a person, the longest of all; 0 when none waits.",
	formula: "largest over exporters",
	expr: promql`max(${{ of: sessionStateAge, matchers: { state: "waiting" } }})`,
	labels: [],
})

const countPath = (name: string, of: typeof sessionsWaiting) =>
	path({ path: `metrics.sessions.${name}`, quantity: "count", help: of.help, value: { of } })

export default subject({
	title: "States of sessions",
	series: [sessionsByState, sessionStateAge],
	recordings: [sessionsWaiting, sessionsLooping, sessionsFailing, sessionsHung, sessionLongestWait],
	paths: [
		countPath("waiting", sessionsWaiting),
		countPath("looping", sessionsLooping),
		countPath("failing", sessionsFailing),
		countPath("hung", sessionsHung),
		path({
			path: "metrics.sessions.longestWait",
			quantity: "seconds",
			help: sessionLongestWait.help,
			value: { of: sessionLongestWait },
		}),
	],
})
