import type { Board } from "../kit/board.ts"
import { band } from "../kit/layout.ts"
import { spanSearch, traceLogs, traceWaterfall } from "./panels/stored-telemetry.ts"
import { LOGS, TECHNICAL, TRACES } from "./uids.ts"

export const traceExplorer: Board = {
	uid: TRACES,
	title: "Trace Explorer",
	role: "developer",
	description: "Which call was slow or failed, in which session, and what happened around it?",
	refresh: "1m",
	from: "now-6h",
	next: [
		{ title: "Log viewer", uid: LOGS },
		{ title: "Technical", uid: TECHNICAL },
	],
	variables: [
		{ name: "session", label: "Session" },
		{ name: "tool", label: "Tool" },
		{ name: "server", label: "Server" },
		{ name: "slower", label: "At least seconds" },
		{ name: "show", label: "Show", values: ["all", "errors"] },
		{ name: "trace", label: "Trace" },
	],
	items: [band(10, spanSearch), band(12, traceWaterfall), band(8, traceLogs)],
}
