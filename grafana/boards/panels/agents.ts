import {
	genAiAgentTokens,
	genAiDuration,
	genAiErrorRatio,
	genAiErrors,
	genAiFirstToken,
	genAiOperations,
	genAiServerDuration,
	genAiTokens,
	genAiTokens1h,
	genAiToolErrors,
	genAiTools,
} from "../../../core/catalogue/subjects/gen-ai.ts"
import { band } from "../../kit/layout.ts"
import { compact, increase, occurred, quantile, recorded } from "../../kit/query.ts"
import { timeseries } from "../../kit/visuals.ts"
import { TECHNICAL } from "../uids.ts"

const empty = "No service sends telemetry of the GenAI conventions here yet"

const operations = timeseries({
	key: "agents-operations",
	title: "Operations per Hour by Agent",
	empty,
	shows: [
		occurred(increase(genAiOperations, { by: ["agent", "operation"] })),
		occurred(increase(genAiErrors, { by: ["agent", "operation"], legend: "{{agent}} {{operation}}, failed" })),
	],
})

const tokensByAgent = timeseries({
	key: "agents-tokens",
	title: "Tokens per Hour by Agent",
	empty,
	stacked: true,
	shows: [compact(increase(genAiAgentTokens, { by: ["agent", "type"] }))],
})

const tokensByModel = timeseries({
	key: "agents-models",
	title: "Tokens per Hour by Model",
	empty,
	stacked: true,
	shows: [compact(increase(genAiTokens, { by: ["provider", "model"] }))],
})

const durations = timeseries({
	key: "agents-time",
	title: "Duration of Operations",
	empty,
	shows: [
		quantile(genAiDuration, 0.95, { by: ["operation", "model"] }),
		quantile(genAiServerDuration, 0.95, { by: ["model"], legend: "{{model}} on its server p95" }),
	],
})

const firstToken = timeseries({
	key: "agents-first-token",
	title: "Time to First Token",
	empty: "No service reports a time to the first token yet",
	shows: [quantile(genAiFirstToken, 0.95, { by: ["model", "side"] })],
})

const tools = timeseries({
	key: "agents-tools",
	title: "Tools Used per Hour by Agent",
	empty,
	shows: [
		increase(genAiTools, { by: ["agent", "tool"] }),
		occurred(increase(genAiToolErrors, { by: ["agent", "tool"], legend: "{{agent}} {{tool}}, failed" })),
	],
})

export const agentBands = [band(7, operations, tokensByAgent, tokensByModel), band(7, durations, firstToken, tools)]

/** For a view of the whole: what the agents use, and how much of it fails. */
export const agentUse = timeseries({
	key: "agents-use",
	title: "Tokens per Hour by Agent",
	empty,
	detail: TECHNICAL,
	shows: [compact(recorded(genAiTokens1h))],
})

export const agentFailures = timeseries({
	key: "agents-failures",
	title: "Failing Operations by Agent",
	empty,
	detail: TECHNICAL,
	shows: [recorded(genAiErrorRatio)],
})
