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
WHERE provider <> 'evals_unobserved' AND ($__timeFilter(started_at) OR ended_at IS NULL)
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

const width = (pixels: number): DynamicConfigValue => ({ id: "custom.width", value: pixels })
const unit = (id: string, pixels: number): DynamicConfigValue[] => [{ id: "unit", value: id }, width(pixels)]

/** Numbers are read, not picked; without the filter's sign their columns are narrow enough for all to be seen. */
const unfiltered: DynamicConfigValue = { id: "custom.filterable", value: false }

/** The table of sessions; `detail` says whether it links to the developers' board. */
export const recentSessions = ({ detail }: { detail: boolean }) =>
	sqlTable({
		key: "recent-sessions",
		title: "Recent Sessions",
		note: "The 50 newest autonomous sessions of the time range and all that have not ended; a session at work has lasted until now. Tokens are input and output together, cached ones those read from and written to the cache; cost is at list price. Source says which system reported the session: demo is made up. Filter by a word from its heading.",
		empty: "No sessions in this time range",
		...(detail ? { detail: TECHNICAL } : {}),
		sql: RECENT_SESSIONS,
		columns: {
			Started: unit("dateTimeFromNow", 140),
			Status: [...colouredText(STATUS_COLOURS), width(100)],
			Source: [...colouredText({ demo: "purple" }), width(85)],
			Model: [width(98)],
			Duration: [...unit(UNITS.seconds, 78), unfiltered],
			Tokens: [...unit(UNITS.compact, 68), unfiltered],
			Cached: [...unit(UNITS.compact, 70), unfiltered],
			Cost: [...unit(UNITS.usd, 70), { id: "decimals", value: 3 }, unfiltered],
			// For looking a session up; beside other panels there is no room for it.
			...(detail ? { Session: [{ id: "custom.hideFrom", value: { viz: true, legend: false, tooltip: false } }] } : {}),
		},
	})
