import {
	claudeActiveTime,
	claudeApiDuration,
	claudeApiErrors,
	claudeApiRequests,
	claudeCommits,
	claudeCost,
	claudeEditDecisions,
	claudeFirstToken,
	claudeHooks,
	claudeLines,
	claudePrompts,
	claudePullRequests,
	claudeSessionsStarted,
	claudeTokens,
	claudeToolErrors,
	claudeTools,
} from "../../../core/catalogue/subjects/claude-code.ts"
import { band } from "../../kit/layout.ts"
import { compact, increase, quantile } from "../../kit/query.ts"
import { timeseries } from "../../kit/visuals.ts"

const empty = "Claude Code does not send its telemetry here yet"

const use = timeseries({
	key: "claude-use",
	title: "Sessions and Prompts per Hour",
	empty,
	shows: [increase(claudeSessionsStarted, { by: ["start_type"] }), increase(claudePrompts, { legend: "prompts" })],
})

const tokens = timeseries({
	key: "claude-tokens",
	title: "Live Tokens per Hour",
	empty,
	stacked: true,
	shows: [compact(increase(claudeTokens, { by: ["type"] }))],
})

const cost = timeseries({
	key: "claude-cost",
	title: "Live Cost per Hour by Model",
	empty,
	stacked: true,
	shows: [increase(claudeCost, { by: ["model"] })],
})

const active = timeseries({
	key: "claude-active",
	title: "Active Time per Hour",
	empty,
	shows: [increase(claudeActiveTime, { by: ["type"] })],
})

const api = timeseries({
	key: "claude-api",
	title: "Requests to the Model per Hour",
	empty,
	shows: [
		increase(claudeApiRequests, { legend: "requests" }),
		increase(claudeApiErrors, { by: ["status"], legend: "errors, {{status}}" }),
	],
})

const apiTime = timeseries({
	key: "claude-api-time",
	title: "Duration of Requests to the Model",
	empty,
	shows: [
		quantile(claudeApiDuration, 0.95, { by: ["model"] }),
		quantile(claudeFirstToken, 0.95, { by: ["model"], legend: "{{model}} first token p95" }),
	],
})

const tools = timeseries({
	key: "claude-tools",
	title: "Tools Used per Hour",
	empty,
	shows: [
		increase(claudeTools, { by: ["tool"] }),
		increase(claudeToolErrors, { by: ["tool"], legend: "{{tool}}, failed" }),
	],
})

const code = timeseries({
	key: "claude-code",
	title: "Changes to Code per Hour",
	empty,
	shows: [
		increase(claudeLines, { by: ["type"], legend: "lines {{type}}" }),
		increase(claudeCommits, { legend: "commits" }),
		increase(claudePullRequests, { legend: "pull requests" }),
	],
})

const decisions = timeseries({
	key: "claude-decisions",
	title: "Edits and Hooks per Hour",
	empty,
	shows: [
		increase(claudeEditDecisions, { by: ["decision"], legend: "edits, {{decision}}" }),
		increase(claudeHooks, { by: ["result"], legend: "hooks, {{result}}" }),
	],
})

export const claudeCodeBands = [
	band(7, use, tokens, cost),
	band(7, active, api, apiTime),
	band(7, tools, code, decisions),
]
