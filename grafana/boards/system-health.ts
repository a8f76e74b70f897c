import {
	componentCheckDuration,
	overallHealthScore,
	uptimePercentage,
} from "../../core/catalogue/subjects/components.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { latest, recorded } from "../kit/query.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { componentStates, STATE_STEPS, STATE_WORDS } from "./panels/components.ts"
import { databaseBands } from "./panels/database.ts"
import { mcpBands } from "./panels/mcp-servers.ts"
import { observatoryBands } from "./panels/observatory.ts"
import { telemetryBands } from "./panels/telemetry.ts"
import { ALERTS, OPERATIONS, SYSTEM, TECHNICAL } from "./uids.ts"

const states = stat({
	key: "component-status",
	title: "Component Status",
	empty: "Unknown",
	shows: componentStates,
	words: STATE_WORDS,
	thresholds: STATE_STEPS,
	filled: true,
})

const score = timeseries({
	key: "health-history",
	title: "Health and Uptime",
	empty: "No health data yet",
	whole: true,
	shows: [recorded(overallHealthScore, "Health"), recorded(uptimePercentage, "Uptime, 30 d")],
})

const checks = timeseries({
	key: "check-duration",
	title: "Health Check Duration",
	empty: "No health check has run yet",
	shows: [latest(componentCheckDuration, { by: ["component"] })],
})

export const systemHealth: Board = {
	uid: SYSTEM,
	title: "System Health",
	role: "operations",
	description:
		"Which part is unhealthy, and since when: database, MCP servers, telemetry pipeline, and the observatory itself.",
	refresh: "30s",
	from: "now-6h",
	next: [
		{ title: "Operations", uid: OPERATIONS },
		{ title: "Alerts", uid: ALERTS },
		{ title: "Technical", uid: TECHNICAL },
	],
	items: [
		band(4, states),
		band(8, score, checks),
		heading("Database"),
		...databaseBands,
		heading("MCP servers"),
		...mcpBands,
		heading("Telemetry pipeline"),
		...telemetryBands,
		heading("The observatory itself"),
		...observatoryBands,
	],
}
