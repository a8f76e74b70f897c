import {
	genAiDuration,
	genAiFirstToken,
	genAiServerDuration,
	genAiTokens,
} from "../../../../core/catalogue/subjects/gen-ai.ts"
import { refuseIncrease } from "../../../../core/metrics/values.ts"
import { distributionOf } from "./distribution.ts"
import {
	answerLabels,
	hasErrorType,
	operationName,
	operations,
	type Report,
	shareOf,
	tokens,
	toolCalls,
} from "./gen-ai.ts"
import { histogramAdds } from "./histograms.ts"
import { type PointView, textOf } from "./model.ts"
import { type Arrival, type Interpretation, merge } from "./observation.ts"
import type { Reported } from "./reported.ts"
import type { Streams } from "./streams.ts"

export type InterpretPoint = (
	point: PointView,
	streams: Streams,
	arrival: Arrival,
	reported: Reported,
) => Interpretation

/** Metrics of the conventions for generative AI. */
export const GENAI_METRICS: ReadonlyMap<string, InterpretPoint> = new Map<string, InterpretPoint>([
	["gen_ai.client.token.usage", tokenUsage],
	["gen_ai.client.operation.duration", durationOf(undefined)],
	["gen_ai.invoke_agent.duration", durationOf("invoke_agent")],
	["gen_ai.execute_tool.duration", durationOf("execute_tool")],
	["gen_ai.workflow.duration", durationOf("invoke_workflow")],
	["gen_ai.client.operation.time_to_first_chunk", firstToken("client")],
	["gen_ai.server.time_to_first_token", firstToken("server")],
	["gen_ai.server.request.duration", serverDuration],
])

/** Each metric is a way of its own: a newer one may repeat what an older one says. */
export const reportOf = (point: PointView, reported: Reported): Report => ({
	sender: point,
	attributes: point.attributes,
	way: point.metric,
	reported,
})

const TOKEN_TYPES: Readonly<Record<string, string>> = {
	input: "input",
	prompt: "input",
	output: "output",
	completion: "output",
}

/** A histogram whose sum is the tokens; some instrumentations send a counter. */
function tokenUsage(point: PointView, streams: Streams, arrival: Arrival, reported: Reported): Interpretation {
	const amount = tokenAmount(point)
	if (typeof amount === "string") return amount
	const refusal = refuseIncrease(genAiTokens, amount.sum)
	if (refusal) return refusal
	const added = streams.increase(point, { ...amount, buckets: [] }, arrival)
	if (added === undefined || typeof added === "string") return added ?? []
	const type = TOKEN_TYPES[textOf(point.attributes, "gen_ai.token.type") ?? ""] ?? "other"
	return tokens(reportOf(point, reported), operationName(point.attributes), type, added.sum)
}

function tokenAmount(point: PointView) {
	if (point.kind === "sum") {
		if (!point.monotonic) return "not_monotonic"
		return point.value === undefined ? "no_value" : { count: point.value, sum: point.value }
	}
	const distribution = distributionOf(point)
	if (typeof distribution === "string") return distribution
	return { count: distribution.counts.reduce((total, n) => total + n, 0), sum: point.sum }
}

/** @param named the operation that the metric itself names; undefined when its attributes do */
function durationOf(named: string | undefined): InterpretPoint {
	return (point, streams, arrival, reported) =>
		histogramAdds(genAiDuration, point, streams, arrival, (added) => {
			const report = reportOf(point, reported)
			const operation = named ?? operationName(point.attributes)
			const failed = hasErrorType(point.attributes) ? added.count : 0
			return [
				...operations(report, operation, { total: added.count, failed }, (fresh, labels) =>
					shareOf(genAiDuration, labels, { counts: added.buckets, sum: added.sum }, fresh),
				),
				...(operation === "execute_tool" ? toolCalls(report, added.count, failed) : []),
			]
		})
}

function firstToken(side: "client" | "server"): InterpretPoint {
	return (point, streams, arrival) =>
		histogramAdds(genAiFirstToken, point, streams, arrival, (added) => {
			const { provider, model } = answerLabels(point.attributes)
			return [merge(genAiFirstToken, { side, provider, model }, added.buckets, added.sum)]
		})
}

function serverDuration(point: PointView, streams: Streams, arrival: Arrival): Interpretation {
	return histogramAdds(genAiServerDuration, point, streams, arrival, (added) => {
		const { provider, model } = answerLabels(point.attributes)
		return [merge(genAiServerDuration, { provider, model }, added.buckets, added.sum)]
	})
}
