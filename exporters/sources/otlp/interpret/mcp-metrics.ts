import {
	mcpOperationDuration,
	mcpOperationErrors,
	mcpServerOperationDuration,
	mcpServerOperationErrors,
	mcpSessionDuration,
	mcpSessionErrors,
} from "../../../../core/catalogue/subjects/mcp.ts"
import { hasErrorType, toolCalls } from "./gen-ai.ts"
import { type InterpretPoint, reportOf } from "./gen-ai-metrics.ts"
import { histogramAdds } from "./histograms.ts"
import { type PointView, textOf } from "./model.ts"
import { type Arrival, count, type Interpretation, merge } from "./observation.ts"
import type { Reported } from "./reported.ts"
import type { Streams } from "./streams.ts"

/** Metrics of the conventions for the Model Context Protocol. */
export const MCP_METRICS: ReadonlyMap<string, InterpretPoint> = new Map<string, InterpretPoint>([
	["mcp.client.operation.duration", clientOperations],
	["mcp.server.operation.duration", serverOperations],
	["mcp.client.session.duration", sessions("client")],
	["mcp.server.session.duration", sessions("server")],
])

const methodOf = ({ attributes }: PointView): string => textOf(attributes, "mcp.method.name") ?? "unknown"
const failedOf = ({ attributes }: PointView, all: number): number => (hasErrorType(attributes) ? all : 0)

function clientOperations(point: PointView, streams: Streams, arrival: Arrival, reported: Reported): Interpretation {
	const labels = { method: methodOf(point), source: "metric" }
	return histogramAdds(mcpOperationDuration, point, streams, arrival, (added) => {
		const failed = failedOf(point, added.count)
		return [
			merge(mcpOperationDuration, labels, added.buckets, added.sum),
			count(mcpOperationErrors, labels, failed),
			...(labels.method === "tools/call" ? toolCalls(reportOf(point, reported), added.count, failed) : []),
		]
	})
}

function serverOperations(point: PointView, streams: Streams, arrival: Arrival): Interpretation {
	const labels = { method: methodOf(point) }
	return histogramAdds(mcpServerOperationDuration, point, streams, arrival, (added) => [
		merge(mcpServerOperationDuration, labels, added.buckets, added.sum),
		count(mcpServerOperationErrors, labels, failedOf(point, added.count)),
	])
}

function sessions(side: "client" | "server"): InterpretPoint {
	return (point, streams, arrival) =>
		histogramAdds(mcpSessionDuration, point, streams, arrival, (added) => [
			merge(mcpSessionDuration, { side }, added.buckets, added.sum),
			count(mcpSessionErrors, { side }, failedOf(point, added.count)),
		])
}
