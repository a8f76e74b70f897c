import { alertList } from "../kit/alertlist.ts"
import type { Board } from "../kit/board.ts"
import { on12 } from "../kit/layout.ts"
import { stat } from "../kit/visuals.ts"
import { componentStates, STATE_STEPS, STATE_WORDS } from "./panels/components.ts"
import { mcpHeatmap } from "./panels/mcp.ts"
import { recentSessions } from "./panels/sessions.ts"
import { ALERTS, EXECUTIVE, OPERATIONS, SYSTEM } from "./uids.ts"

const componentStatusGrid = stat({
	key: "component-status",
	title: "Component Status",
	empty: "Unknown",
	detail: SYSTEM,
	shows: componentStates,
	words: STATE_WORDS,
	thresholds: STATE_STEPS,
	filled: true,
})

const activeAlerts = alertList({
	key: "active-alerts",
	title: "Active Alerts",
	note: "Critical and warning alerts that fire or are about to. Open one for what it means and its runbook.",
	empty: "No alerts",
	detail: ALERTS,
	severities: ["critical", "warning"],
})

/** The layout is the monitoring strategy's. */
export const operations: Board = {
	uid: OPERATIONS,
	title: "Autonomous System Operations",
	role: "operations",
	description: "What works, what runs, and what needs a person now?",
	refresh: "30s",
	from: "now-24h",
	next: [
		{ title: "Alerts", uid: ALERTS },
		{ title: "System health", uid: SYSTEM },
		{ title: "Executive", uid: EXECUTIVE },
	],
	items: [
		on12(0, 0, 12, 2, componentStatusGrid),
		on12(0, 2, 6, 4, recentSessions({ detail: true })),
		on12(6, 2, 6, 4, mcpHeatmap),
		on12(0, 6, 12, 3, activeAlerts),
	],
}
