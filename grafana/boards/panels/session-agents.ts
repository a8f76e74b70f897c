import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard"
import {
	claudeAgentCost,
	claudeAgentTokens,
	sessionAgentCost,
	sessionAgentTokens,
} from "../../../core/catalogue/subjects/session-agents.ts"
import { TELEMETRY } from "../../kit/datasources.ts"
import { band } from "../../kit/layout.ts"
import { compact, increase } from "../../kit/query.ts"
import { sqlTable } from "../../kit/tables.ts"
import { UNITS } from "../../kit/units.ts"
import { timeseries } from "../../kit/visuals.ts"

const empty = "No transcript has been read yet"
const live = "Claude Code does not send its telemetry here yet"

const cost = timeseries({
	key: "session-agents-cost",
	title: "Cost per Hour by Agent",
	note: "Of sessions with transcripts. In brackets, the agent that started it.",
	empty,
	stacked: true,
	shows: [increase(sessionAgentCost, { by: ["agent", "parent"], legend: "{{agent}} ({{parent}})" })],
})

const tokens = timeseries({
	key: "session-agents-tokens",
	title: "Tokens per Hour by Agent",
	note: "Of sessions with transcripts, cached tokens included. In brackets, the agent that started it.",
	empty,
	stacked: true,
	shows: [compact(increase(sessionAgentTokens, { by: ["agent", "parent"], legend: "{{agent}} ({{parent}})" }))],
})

const liveUse = timeseries({
	key: "session-agents-live",
	title: "Live Tokens and Cost per Hour by Agent",
	note: "As Claude Code reports it: main is the main conversation, auxiliary the program's own requests, such as those for titles.",
	empty: live,
	shows: [
		compact(increase(claudeAgentTokens, { by: ["agent"], legend: "{{agent}} tokens" })),
		increase(claudeAgentCost, { by: ["agent"], legend: "{{agent}} cost" }),
	],
})

export const SESSION_AGENTS = `
SELECT updated_at AS "Last",
       session AS "Session",
       agent AS "Agent",
       parent AS "Started by",
       tokens AS "Tokens",
       cached_tokens AS "Cached",
       cost_usd AS "Cost"
FROM telemetry.session_agents
WHERE $__timeFilter(updated_at)
ORDER BY updated_at DESC, session, cost_usd DESC
LIMIT 100`

const width = (pixels: number): DynamicConfigValue => ({ id: "custom.width", value: pixels })
const unit = (id: string, pixels: number): DynamicConfigValue[] => [{ id: "unit", value: id }, width(pixels)]

const spent = sqlTable({
	key: "session-agents",
	title: "Who Spent It, by Session",
	note: "The 100 latest agents of sessions with transcripts. Tokens are input and output together, cached ones those read from and written to the cache; cost is at list price.",
	empty: "No session with a transcript in this time range",
	source: TELEMETRY,
	sql: SESSION_AGENTS,
	columns: {
		Last: unit("dateTimeFromNow", 140),
		Agent: [width(160)],
		"Started by": [width(140)],
		Tokens: unit(UNITS.compact, 80),
		Cached: unit(UNITS.compact, 80),
		Cost: [...unit(UNITS.usd, 80), { id: "decimals", value: 3 }],
	},
})

export const sessionAgentBands = [band(8, cost, tokens, liveUse), band(8, spent)]
