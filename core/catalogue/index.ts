import anomalies from "./subjects/anomalies.ts"
import captured from "./subjects/captured.ts"
import claudeCode from "./subjects/claude-code.ts"
import components from "./subjects/components.ts"
import database from "./subjects/database.ts"
import events from "./subjects/events.ts"
import genAi from "./subjects/gen-ai.ts"
import github from "./subjects/github.ts"
import improvements from "./subjects/improvements.ts"
import incidents from "./subjects/incidents.ts"
import intake from "./subjects/intake.ts"
import mcp from "./subjects/mcp.ts"
import mcpCalls from "./subjects/mcp-calls.ts"
import observatory from "./subjects/observatory.ts"
import outcomes from "./subjects/outcomes.ts"
import remediation from "./subjects/remediation.ts"
import safety from "./subjects/safety.ts"
import sessionAgents from "./subjects/session-agents.ts"
import sessionStates from "./subjects/session-states.ts"
import sessions from "./subjects/sessions.ts"
import telemetry from "./subjects/telemetry.ts"
import telemetryForward from "./subjects/telemetry-forward.ts"
import telemetryStore from "./subjects/telemetry-store.ts"
import transcripts from "./subjects/transcripts.ts"
import usage from "./subjects/usage.ts"
import workers from "./subjects/workers.ts"
import type { PathSpec, RecordingSpec, SeriesSpec, Subject } from "./types.ts"

/** Every subject, in the order in which people read them. */
export const SUBJECTS: readonly Subject[] = [
	components,
	database,
	telemetry,
	telemetryStore,
	telemetryForward,
	mcp,
	mcpCalls,
	workers,
	github,
	sessions,
	sessionStates,
	sessionAgents,
	claudeCode,
	genAi,
	transcripts,
	usage,
	captured,
	improvements,
	safety,
	outcomes,
	events,
	anomalies,
	intake,
	incidents,
	remediation,
	observatory,
]

export const SERIES: readonly SeriesSpec[] = SUBJECTS.flatMap((subject) => subject.series)
export const RECORDINGS: readonly RecordingSpec[] = SUBJECTS.flatMap((subject) => subject.recordings)
export const PATHS: readonly PathSpec[] = SUBJECTS.flatMap((subject) => subject.paths)
