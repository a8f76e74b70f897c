import {
	anomalyHistory,
	anomalyScore,
	anomalySubjects,
	SCORE_METHODS,
	SCORED_PATHS,
} from "../../../core/catalogue/subjects/anomalies.ts"
import type { Prometheus } from "../../../core/clients/prometheus.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { type Sample, sample } from "../../../core/metrics/samples.ts"
import type { Unscored } from "../../domain/anomaly/detector.ts"
import { scoreAll } from "../../domain/anomaly/detectors.ts"
import { subjectOf } from "../../domain/anomaly/subjects.ts"
import { type Histories, hourBefore } from "./histories.ts"

/** Histories read in one run, so that a full hour does not send all requests at once. */
const LOADS_A_RUN = 4

export interface ScoringOptions {
	readonly prometheus: Pick<Prometheus, "query">
	readonly histories: Histories
	readonly clock: Clock
}

type Outcome = "scored" | "waiting" | Unscored

/**
 * Scores every subject of the catalogue, one request after the other. When Prometheus does not answer, all scores are
 * removed, and `observatory_collector_success{collector="anomaly_scores"}` is 0.
 */
export const anomalyCollector = ({ prometheus, histories, clock }: ScoringOptions): Collector => ({
	name: "anomaly_scores",
	group: "safety",
	emits: [anomalyScore, anomalyHistory, anomalySubjects],
	intervalMs: 30_000,
	timeoutMs: 25_000,
	async collect(signal) {
		const samples: Sample[] = []
		const outcomes: Record<Outcome, number> = {
			scored: 0,
			no_value: 0,
			not_enough_history: 0,
			constant_history: 0,
			waiting: 0,
		}
		let loads = 0
		for (const subject of SCORED_PATHS) {
			const { expr } = subjectOf(subject)
			const now = clock.now()
			let history = histories.latest(expr)
			if ((history === undefined || history.end < hourBefore(now)) && loads < LOADS_A_RUN) {
				loads++
				history = await histories.before(expr, now, signal)
			}
			if (history === undefined) {
				outcomes.waiting++
				continue
			}
			const [element] = await prometheus.query(expr, { signal })
			const scores = scoreAll(history.points, element?.value)
			samples.push(sample(anomalyHistory, { subject }, history.points.length))
			for (const method of SCORE_METHODS) {
				const score = scores[method]
				if (score.kind === "scored") samples.push(sample(anomalyScore, { subject, method }, score.score))
			}
			outcomes[scores.zscore.kind === "scored" ? "scored" : scores.zscore.reason]++
		}
		for (const result of anomalySubjects.labels.result.values)
			samples.push(sample(anomalySubjects, { result }, outcomes[result]))
		return samples
	},
})
