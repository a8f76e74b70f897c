import { events } from "../../core/catalogue/subjects/events.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { increase } from "../kit/query.ts"
import { timeseries } from "../kit/visuals.ts"
import { agentBands } from "./panels/agents.ts"
import { claudeCodeBands } from "./panels/claude-code.ts"
import { analysisBands, improvementBands } from "./panels/improvements.ts"
import { outcomeBands } from "./panels/outcomes.ts"
import { sessionAgentBands } from "./panels/session-agents.ts"
import { sessionBands } from "./panels/session-metrics.ts"
import { recentSessions } from "./panels/sessions.ts"
import { EXECUTIVE, LOGS, OPERATIONS, SYSTEM, TECHNICAL, TRACES } from "./uids.ts"

const eventCounts = timeseries({
	key: "events",
	title: "Events per Hour",
	empty: "No event has been recorded yet",
	shows: [increase(events, { by: ["type"] })],
})

export const technical: Board = {
	uid: TECHNICAL,
	title: "Technical Dashboard",
	role: "developer",
	description: "What the autonomous sessions do, what they use, and their results.",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "System health", uid: SYSTEM },
		{ title: "Trace explorer", uid: TRACES },
		{ title: "Log viewer", uid: LOGS },
		{ title: "Operations", uid: OPERATIONS },
		{ title: "Executive", uid: EXECUTIVE },
	],
	items: [
		heading("Sessions"),
		...sessionBands,
		...sessionAgentBands,
		band(8, recentSessions({ detail: false })),
		heading("Claude Code, Live"),
		...claudeCodeBands,
		heading("Any Agent, by the GenAI Conventions"),
		...agentBands,
		heading("Analysis"),
		...analysisBands,
		heading("Improvements"),
		...improvementBands,
		heading("Outcomes"),
		...outcomeBands,
		heading("Events"),
		band(8, eventCounts),
	],
}
