import { atMost, counter, histogram, oneOf, subject } from "../define.ts"
import { TOKEN_TYPES } from "./sessions.ts"

/**
 * What Claude Code says of itself over OTLP, as it happens. The sessions' own totals (`autonomous_session_*`) come
 * from `claude_sessions`, which transcripts fill; these series are never added to those.
 */

const model = atMost(50, "the model's name without a context-window suffix")
const tool = atMost(
	100,
	"the tool's name; tools of MCP servers that a user configured arrive as Claude Code names them",
)

const live = (name: string, help: string) => ({
	name: `autonomous_claude_code_${name}`,
	group: "autonomous" as const,
	quantity: "count" as const,
	help,
	emitter: "otlp",
})

export const claudeSessionsStarted = counter({
	...live("sessions_started_total", "Claude Code sessions started, by how."),
	labels: { start_type: oneOf("fresh", "resume", "continue", "other") },
})

export const claudeTokens = counter({
	...live("tokens_total", "Tokens that Claude Code reported while it ran, by type and model."),
	labels: { type: oneOf(...TOKEN_TYPES), model },
})

export const claudeCost = counter({
	...live("cost_usd_total", "Cost that Claude Code estimated at list price while it ran, by model."),
	quantity: "usd",
	labels: { model },
})

export const claudeActiveTime = counter({
	...live("active_seconds_total", "Time in which a user typed or the program worked."),
	quantity: "seconds",
	labels: { type: oneOf("user", "cli", "other") },
})

export const claudeLines = counter({
	...live("lines_of_code_total", "Lines of code that Claude Code added or removed."),
	labels: { type: oneOf("added", "removed", "other") },
})

export const claudeCommits = counter({ ...live("commits_total", "Commits that Claude Code made."), labels: {} })

export const claudePullRequests = counter({
	...live("pull_requests_total", "Pull requests that Claude Code opened."),
	labels: {},
})

export const claudeEditDecisions = counter({
	...live("edit_decisions_total", "Decisions about edits that Claude Code wanted to make."),
	labels: { tool, decision: oneOf("accept", "reject", "other") },
})

export const claudePrompts = counter({ ...live("prompts_total", "Prompts that users or scripts gave."), labels: {} })

export const claudeApiRequests = counter({
	...live("api_requests_total", "Answered requests to the model, by model."),
	labels: { model },
})

export const claudeApiDuration = histogram({
	...live("api_request_duration_seconds", "Duration of answered requests to the model, by model."),
	quantity: "seconds",
	labels: { model },
	buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300],
})

export const claudeFirstToken = histogram({
	...live(
		"time_to_first_token_seconds",
		"Time until the first token of the model's answer, by model and effort (none where Claude Code names none).",
	),
	quantity: "seconds",
	labels: { model, effort: oneOf("low", "medium", "high", "xhigh", "max", "none", "other") },
	buckets: [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60],
})

export const claudeCacheCreation = counter({
	...live(
		"cache_creation_tokens_total",
		"Tokens that answered requests wrote into the cache, by how long they are kept there; a part of the tokens of type cache_creation.",
	),
	labels: { model, lifetime: oneOf("5m", "1h") },
})

export const claudeApiErrors = counter({
	...live(
		"api_errors_total",
		"Failed requests to the model, by model and HTTP status (none when there was no answer).",
	),
	labels: { model, status: atMost(30, "the HTTP status, or none") },
})

export const claudeTools = counter({
	...live("tool_results_total", "Tool calls that ended, successful or not, by tool."),
	labels: { tool },
})

export const claudeToolErrors = counter({
	...live("tool_errors_total", "Tool calls that failed, by tool."),
	labels: { tool },
})

export const claudeToolDecisions = counter({
	...live("tool_decisions_total", "Decisions to let a tool run or not, by tool, outcome and who decided."),
	labels: { tool, decision: oneOf("accept", "reject", "other"), source: atMost(20, "config, hook, user_permanent, …") },
})

export const claudeMcpConnections = counter({
	...live("mcp_connections_total", "Changes of state of Claude Code's own connections to MCP servers."),
	labels: {
		status: oneOf("connected", "failed", "disconnected", "other"),
		transport: oneOf("stdio", "http", "sse", "other"),
	},
})

export const claudeHooks = counter({
	...live("hooks_total", "Hooks that ran, by result: success, blocking (the hook denied), or non_blocking_error."),
	labels: { result: oneOf("success", "blocking", "non_blocking_error") },
})

const span = { operation: atMost(60, "the span's name") }

export const claudeOperationDuration = histogram({
	...live("operation_duration_seconds", "Duration of spans named claude_code.* and claude.*, by name."),
	quantity: "seconds",
	labels: span,
	buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800],
})

export const claudeOperationErrors = counter({
	...live("operation_errors_total", "Spans named claude_code.* and claude.* that failed, by name."),
	labels: span,
})

export const claudeOperationTokens = counter({
	...live("operation_tokens_total", "Tokens that spans named claude.* carry in claude.token_usage, by name."),
	labels: span,
})

export default subject({
	title: "Claude Code, live",
	series: [
		claudeSessionsStarted,
		claudeTokens,
		claudeCost,
		claudeActiveTime,
		claudeLines,
		claudeCommits,
		claudePullRequests,
		claudeEditDecisions,
		claudePrompts,
		claudeApiRequests,
		claudeApiDuration,
		claudeFirstToken,
		claudeCacheCreation,
		claudeApiErrors,
		claudeTools,
		claudeToolErrors,
		claudeToolDecisions,
		claudeMcpConnections,
		claudeHooks,
		claudeOperationDuration,
		claudeOperationErrors,
		claudeOperationTokens,
	],
	recordings: [],
	paths: [],
})
