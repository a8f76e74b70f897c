import { atMost, counter, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, part, perSecond, promql } from "../promql.ts"

/**
 * What any service reports by OpenTelemetry's conventions for generative AI, whatever it was written with. Claude Code
 * has series of its own and counts in none of these.
 */

export const GENAI_OPERATIONS = [
	"chat",
	"text_completion",
	"generate_content",
	"embeddings",
	"retrieval",
	"create_agent",
	"invoke_agent",
	"invoke_workflow",
	"execute_tool",
	"other",
] as const

const agent = atMost(50, "gen_ai.agent.name, else the service.name of the sender")
const provider = atMost(15, "gen_ai.provider.name, or gen_ai.system of older versions")
const model = atMost(50, "gen_ai.response.model, else gen_ai.request.model")
const tool = atMost(100, "gen_ai.tool.name")
const operation = oneOf(...GENAI_OPERATIONS)
const side = oneOf("client", "server")

/** Buckets of the conventions for operations, and two more for agents. */
export const GENAI_BUCKETS = [
	0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68,
]
/** Buckets of the conventions for gen_ai.server.time_to_first_token. */
export const FIRST_TOKEN_BUCKETS = [
	0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]

const reported = (name: string, help: string) => ({
	name: `autonomous_genai_${name}`,
	group: "autonomous" as const,
	quantity: "count" as const,
	help,
	emitter: "otlp",
})

const type = oneOf("input", "output", "other")

export const genAiTokens = counter({
	...reported(
		"tokens_total",
		"Tokens that agents and services report by the GenAI conventions, by model and its provider. Input includes what came from a cache. What a sender reports more than once, as metric, span and event, counts once.",
	),
	labels: { type, provider, model },
})

export const genAiAgentTokens = counter({
	...reported("agent_tokens_total", "The same tokens by the agent that used them, and model."),
	labels: { type, agent, model },
})

export const genAiOperations = counter({
	...reported(
		"operations_total",
		"Operations that agents and services report by the GenAI conventions: answers of models, agents invoked, tools executed. What a sender reports more than once counts once.",
	),
	labels: { operation, agent, provider },
})

export const genAiErrors = counter({
	...reported("operation_errors_total", "Operations of the GenAI conventions that failed."),
	labels: { operation, agent, provider },
})

export const genAiDuration = histogram({
	...reported("operation_duration_seconds", "Duration of operations of the GenAI conventions, seen by the caller."),
	quantity: "seconds",
	labels: { operation, provider, model },
	buckets: GENAI_BUCKETS,
})

export const genAiTools = counter({
	...reported("tool_calls_total", "Tool calls that agents report by the GenAI and MCP conventions, by agent and tool."),
	labels: { agent, tool },
})

export const genAiToolErrors = counter({
	...reported("tool_errors_total", "Tool calls of the GenAI and MCP conventions that failed, by agent and tool."),
	labels: { agent, tool },
})

export const genAiFirstToken = histogram({
	...reported(
		"time_to_first_token_seconds",
		"Time until the first token or piece of an answer, as the caller (client) or the model's server measures it.",
	),
	quantity: "seconds",
	labels: { side, provider, model },
	buckets: FIRST_TOKEN_BUCKETS,
})

export const genAiServerDuration = histogram({
	...reported(
		"server_request_duration_seconds",
		"Duration of requests as a model's server measures it (gen_ai.server.request.duration). The callers' operations are not added to it.",
	),
	quantity: "seconds",
	labels: { provider, model },
	buckets: GENAI_BUCKETS,
})

export const genAiOperationRate = recording({
	name: "agent:autonomous_genai_operations:rate5m",
	quantity: "per_second",
	help: "Operations that an agent reports by the GenAI conventions, per second over 5 minutes.",
	formula: "rate of operations, 5 m",
	window: "5m",
	expr: perSecond(genAiOperations, "5m", ["agent"]),
	labels: ["agent"],
})

export const genAiErrorRatio = recording({
	name: "agent:autonomous_genai_operation_errors:ratio_rate5m",
	quantity: "ratio",
	help: "Share of an agent's operations that failed over 5 minutes. Without operations there is no value.",
	formula: "rate of failed operations ÷ rate of operations, 5 m",
	window: "5m",
	expr: promql`${perSecond(genAiErrors, "5m", ["agent"])} / (${genAiOperationRate} > 0)`,
	labels: ["agent"],
})

export const genAiTokens1h = recording({
	name: "agent:autonomous_genai_tokens:increase1h",
	quantity: "count",
	help: "Tokens that an agent reports by the GenAI conventions, in the last hour.",
	formula: "increase of tokens, 1 h",
	window: "1h",
	expr: increased(genAiAgentTokens, "1h", ["agent"]),
	labels: ["agent"],
})

export const genAiResponseTime = recording({
	name: "model:autonomous_genai_operation_duration:mean5m",
	quantity: "seconds",
	help: "Mean duration of operations with a model over 5 minutes, from the GenAI conventions.",
	formula: "rate of summed seconds ÷ rate of operations, 5 m",
	window: "5m",
	expr: promql`${perSecond(part(genAiDuration, "sum"), "5m", ["model"])} / (${perSecond(part(genAiDuration, "count"), "5m", ["model"])} > 0)`,
	labels: ["model"],
})

export default subject({
	title: "Any agent, by the GenAI conventions",
	series: [
		genAiTokens,
		genAiAgentTokens,
		genAiOperations,
		genAiErrors,
		genAiDuration,
		genAiTools,
		genAiToolErrors,
		genAiFirstToken,
		genAiServerDuration,
	],
	recordings: [genAiOperationRate, genAiErrorRatio, genAiTokens1h, genAiResponseTime],
	paths: [
		path({
			path: "metrics.agents.*.errorRate",
			quantity: "ratio",
			help: genAiErrorRatio.help,
			value: { of: genAiErrorRatio },
			volume: { of: genAiOperationRate },
			wildcard: "agent",
			window: "5m",
		}),
		path({
			path: "metrics.agents.*.operationCount",
			quantity: "count",
			help: "Operations of an agent since the exporter first saw it; use increase(path, window) in conditions.",
			value: { of: genAiOperations },
			counter: { of: genAiOperations },
			wildcard: "agent",
		}),
		path({
			path: "metrics.agents.*.tokens",
			quantity: "count",
			help: genAiTokens1h.help,
			value: { of: genAiTokens1h },
			counter: { of: genAiAgentTokens },
			wildcard: "agent",
			window: "1h",
		}),
		path({
			path: "metrics.models.*.responseTime",
			quantity: "seconds",
			help: genAiResponseTime.help,
			value: { of: genAiResponseTime },
			histogram: { of: genAiDuration },
			wildcard: "model",
			window: "5m",
		}),
	],
})
