import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard"
import { colouredText, sqlTable } from "../../kit/tables.ts"
import { UNITS } from "../../kit/units.ts"
import { TECHNICAL } from "../uids.ts"

/**
 * The newest sessions of the board's range, and those still at work whenever they began. `$__timeFilter` is replaced
 * by Grafana with the range.
 */
export const RECENT_SESSIONS = `
SELECT started_at AS "Started",
       status AS "Status",
       source AS "Source",
       regexp_replace(model, '^claude-', '') AS "Model",
       extract(epoch FROM coalesce(ended_at, now()) - started_at) AS "Duration",
       input_tokens + output_tokens AS "Tokens",
       cache_read_tokens + cache_creation_tokens AS "Cached",
       cost_usd AS "Cost",
       id AS "Session"
FROM contract.sessions
WHERE $__timeFilter(started_at) OR ended_at IS NULL
ORDER BY started_at DESC
LIMIT 50`

const STATUS_COLOURS = {
	initializing: "blue",
	running: "blue",
	paused: "yellow",
	completed: "green",
	failed: "red",
	timeout: "orange",
	emergency_stopped: "dark-red",
} as const

const unit = (id: string, width: number): DynamicConfigValue[] => [
	{ id: "unit", value: id },
	{ id: "custom.width", value: width },
]

/** The table of sessions; `detail` says whether it links to the developers' board. */
export const recentSessions = ({ detail }: { detail: boolean }) =>
	sqlTable({
		key: "recent-sessions",
		title: "Recent Sessions",
		note: "The 50 newest autonomous sessions of the time range and all that have not ended; a session at work has lasted until now. Tokens are input and output together, cached ones those read from and written to the cache; cost is at list price. Source says which system reported the session: demo is made up. Filter by any column from its heading.",
		empty: "No sessions in this time range",
		...(detail ? { detail: TECHNICAL } : {}),
		sql: RECENT_SESSIONS,
		columns: {
			Started: unit("dateTimeFromNow", 125),
			Status: [...colouredText(STATUS_COLOURS), { id: "custom.width", value: 100 }],
			Source: [...colouredText({ demo: "purple" }), { id: "custom.width", value: 85 }],
			Model: [{ id: "custom.width", value: 105 }],
			Duration: unit(UNITS.seconds, 90),
			Tokens: unit(UNITS.many, 80),
			Cached: unit(UNITS.many, 80),
			Cost: [...unit(UNITS.usd, 75), { id: "decimals", value: 3 }],
			Session: [{ id: "custom.minWidth", value: 120 }],
		},
	})
