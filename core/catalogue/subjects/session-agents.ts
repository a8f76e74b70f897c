import { atMost, counter, oneOf, path, recording, subject } from "../define.ts"
import { increased } from "../promql.ts"
import { TOKEN_TYPES } from "./sessions.ts"

/**
 * Who in Claude Code's sessions spent what. The transcripts' series divide `autonomous_session_*` of sessions that come from
 * transcripts; the live ones divide `autonomous_claude_code_tokens_total` and its cost.
 */

/** The main conversation, and its parent. */
export const MAIN = { agent: "main", parent: "none" } as const
/** A subagent whose name is not known. */
export const UNNAMED_AGENT = "subagent"

const agent = atMost(40, "the subagent's name, such as Explore, subagent when it is not known, or main")
const parent = atMost(40, "the agent that started it, main for the main conversation, none for that itself")
const type = oneOf(...TOKEN_TYPES)

export const sessionAgentTokens = counter({
	name: "autonomous_session_agent_tokens_total",
	group: "autonomous",
	quantity: "count",
	help: "Tokens that sessions used by their transcripts, by type, by the agent that used them and by the agent that had started that one.",
	labels: { type, agent, parent },
	emitter: "transcript_agents",
})

export const sessionAgentCost = counter({
	name: "autonomous_session_agent_cost_usd_total",
	group: "autonomous",
	quantity: "usd",
	help: "Cost of sessions by their transcripts in US dollars, by the agent that spent it and by the agent that had started that one.",
	labels: { agent, parent },
	emitter: "transcript_agents",
})

const source = oneOf("main", "subagent", "auxiliary", "other")
const liveAgent = atMost(40, "agent.name (custom for agents of a user's own), else the source")

export const claudeAgentTokens = counter({
	name: "autonomous_claude_code_agent_tokens_total",
	group: "autonomous",
	quantity: "count",
	help: "Tokens that Claude Code reported while it ran, by what asked the model (query_source) and the subagent's name.",
	labels: { type, source, agent: liveAgent },
	emitter: "otlp",
})

export const claudeAgentCost = counter({
	name: "autonomous_claude_code_agent_cost_usd_total",
	group: "autonomous",
	quantity: "usd",
	help: "Cost that Claude Code estimated while it ran, by what asked the model (query_source) and the subagent's name.",
	labels: { source, agent: liveAgent },
	emitter: "otlp",
})

export const agentCost1d = recording({
	name: "agent:autonomous_session_agent_cost_usd:increase1d",
	quantity: "usd",
	help: "Cost of an agent of Claude Code's sessions in the last 24 hours, in US dollars; main is the main conversation.",
	formula: "increase of cost, 1 d, by agent",
	window: "1d",
	interval: "1m",
	expr: increased(sessionAgentCost, "1d", ["agent"]),
	labels: ["agent"],
})

export const agentTokens1h = recording({
	name: "agent:autonomous_session_agent_tokens:increase1h",
	quantity: "count",
	help: "Tokens of an agent of Claude Code's sessions in the last hour, cached ones included.",
	formula: "increase of tokens, 1 h, by agent",
	window: "1h",
	expr: increased(sessionAgentTokens, "1h", ["agent"]),
	labels: ["agent"],
})

export default subject({
	title: "Agents of sessions",
	series: [sessionAgentTokens, sessionAgentCost, claudeAgentTokens, claudeAgentCost],
	recordings: [agentCost1d, agentTokens1h],
	paths: [
		path({
			path: "metrics.subagents.*.cost",
			quantity: "usd",
			help: agentCost1d.help,
			value: { of: agentCost1d },
			counter: { of: sessionAgentCost },
			wildcard: "agent",
			window: "1d",
		}),
		path({
			path: "metrics.subagents.*.tokens",
			quantity: "count",
			help: agentTokens1h.help,
			value: { of: agentTokens1h },
			counter: { of: sessionAgentTokens },
			wildcard: "agent",
			window: "1h",
		}),
	],
})
