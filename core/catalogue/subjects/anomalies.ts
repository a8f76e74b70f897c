import { gauge, oneOf, recording, subject } from "../define.ts"
import { promql } from "../promql.ts"
import type { RecordingSpec, SeriesSpec } from "../types.ts"
import { databaseConnectionCount, databaseQueryLatency } from "./database.ts"
import { deployed1d, rolledBack1d } from "./improvements.ts"
import { mcpErrorRatio, mcpResponseTime } from "./mcp.ts"
import { reviewsPending, rollbackSuccess, safetyCompliance, violationsTotal1h } from "./safety.ts"
import {
	inputTokens1d,
	outputTokens1d,
	sessionCost1d,
	sessionFailureRatio,
	sessionMeanDuration,
	sessionsActiveSum,
	sessionsStarted1d,
} from "./sessions.ts"
import { spanDropRatio, spanProcessingRate, telemetryErrorIncrease } from "./telemetry.ts"
import { workerMemory } from "./workers.ts"

/** How unusual a value is, worked out in different ways. Both are signed: below what is usual is negative. */
export const SCORE_METHODS = ["zscore", "iqr"] as const
export type ScoreMethod = (typeof SCORE_METHODS)[number]

/** What is scored: the value of a path that conditions may name. */
interface ScoredSpec {
	readonly of: SeriesSpec | RecordingSpec
	/** The label of the path's `*`. The highest of its values is scored; an incident's own where it names one. */
	readonly wildcard?: string
}

/** Everything that is scored, under the path by which `alerts.yaml` calls it. */
export const SCORED = {
	"metrics.sessions.tokenUsage.input": { of: inputTokens1d },
	"metrics.sessions.tokenUsage.output": { of: outputTokens1d },
	"metrics.sessions.tokenUsage.cost": { of: sessionCost1d },
	"metrics.sessions.total": { of: sessionsStarted1d },
	"metrics.sessions.active": { of: sessionsActiveSum },
	"metrics.sessions.failureRate": { of: sessionFailureRatio },
	"metrics.sessions.averageDuration": { of: sessionMeanDuration },
	"metrics.improvements.deployed": { of: deployed1d },
	"metrics.improvements.rolledBack": { of: rolledBack1d },
	"metrics.violations.total": { of: violationsTotal1h },
	"metrics.reviews.pending": { of: reviewsPending },
	"metrics.rollbacks.successRate": { of: rollbackSuccess },
	safety_compliance_rate: { of: safetyCompliance },
	"metrics.mcpServers.*.errorRate": { of: mcpErrorRatio, wildcard: "server" },
	"metrics.mcpServers.*.responseTime": { of: mcpResponseTime, wildcard: "server" },
	"metrics.workers.*.memory": { of: workerMemory, wildcard: "worker" },
	"metrics.database.queryLatency": { of: databaseQueryLatency },
	"metrics.database.connectionCount": { of: databaseConnectionCount },
	"metrics.telemetry.spanProcessingRate": { of: spanProcessingRate },
	"metrics.telemetry.spanDropRate": { of: spanDropRatio },
	"metrics.telemetry.exporterErrors": { of: telemetryErrorIncrease },
} as const satisfies Readonly<Record<string, ScoredSpec>>
export type ScoredPath = keyof typeof SCORED

export const SCORED_PATHS = Object.keys(SCORED) as readonly ScoredPath[]

export const scoredSpec = (path: ScoredPath): ScoredSpec => SCORED[path]

const scored = oneOf(...SCORED_PATHS)

export const anomalyScore = gauge({
	name: "observatory_anomaly_score",
	group: "observatory",
	quantity: "count",
	help: "How unusual the value is against its last 30 days, negative when it is low: zscore in standard deviations from the mean, iqr in interquartile ranges beyond the quartiles and 0 between them. Absent without a value, enough history or any variation in it.",
	labels: { subject: scored, method: oneOf(...SCORE_METHODS) },
	emitter: "webhook",
	essential: true,
})

export const anomalyHistory = gauge({
	name: "observatory_anomaly_history_points",
	group: "observatory",
	quantity: "count",
	help: "Hourly values of the last 30 days that the score is compared with, at most 721; under 72 there is no score.",
	labels: { subject: scored },
	emitter: "webhook",
})

export const anomalySubjects = gauge({
	name: "observatory_anomaly_subjects",
	group: "observatory",
	quantity: "count",
	help: "Subjects to score, by the result of the latest run.",
	labels: { result: oneOf("scored", "no_value", "not_enough_history", "constant_history", "waiting") },
	emitter: "webhook",
	essential: true,
})

export const anomalyDeviation = recording({
	name: "subject:observatory_anomaly:deviation",
	quantity: "count",
	help: "How many standard deviations the value is away from the mean of its last 30 days, in either direction.",
	formula: "largest absolute zscore of the webhook's replicas",
	expr: promql`max by (subject) (abs(${{ of: anomalyScore, matchers: { method: "zscore" } }}))`,
	labels: ["subject"],
})

export default subject({
	title: "Anomaly scores",
	series: [anomalyScore, anomalyHistory, anomalySubjects],
	recordings: [anomalyDeviation],
	paths: [],
})
