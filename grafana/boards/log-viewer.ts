import type { Board } from "../kit/board.ts"
import { band } from "../kit/layout.ts"
import { logSearch } from "./panels/stored-telemetry.ts"
import { LOGS, TECHNICAL, TRACES } from "./uids.ts"

export const logViewer: Board = {
	uid: LOGS,
	title: "Log Viewer",
	role: "developer",
	description: "What do the agents and servers report right now, and what did one session report?",
	refresh: "30s",
	from: "now-6h",
	next: [
		{ title: "Trace explorer", uid: TRACES },
		{ title: "Technical", uid: TECHNICAL },
	],
	variables: [
		{ name: "session", label: "Session" },
		{ name: "trace", label: "Trace" },
		{ name: "text", label: "Text" },
		{ name: "show", label: "Show", values: ["all", "warnings", "errors"] },
	],
	items: [band(22, logSearch)],
}
