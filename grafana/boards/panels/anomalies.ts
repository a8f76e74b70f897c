import { promql } from "../../../core/catalogue/promql.ts"
import { anomalyDeviation, anomalyScore, anomalySubjects } from "../../../core/catalogue/subjects/anomalies.ts"
import type { PromQL } from "../../../core/catalogue/types.ts"
import { formula, latest } from "../../kit/query.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

/** Of some twenty lines most lie close to zero; the few that are furthest away are worth a look. */
const furthest = (of: PromQL, legend: string, meaning: string) =>
	formula(promql`topk(5, ${of})`, { measure: "deviation", legend, meaning: `${meaning} The five furthest away.` })

export const unusual = timeseries({
	key: "anomaly-scores",
	title: "Highest Anomaly Scores",
	empty: "No scores yet, or the alert webhook cannot reach Prometheus",
	shows: [
		furthest(promql`${anomalyDeviation}`, "{{subject}}", `${anomalyDeviation.help} Unusual beyond 3.`),
		furthest(
			promql`max by (subject) (abs(${{ of: anomalyScore, matchers: { method: "iqr" } }})) > 0`,
			"{{subject}} (iqr)",
			"How many interquartile ranges the value lies beyond the quartiles of its last 30 days. Unusual beyond 1.5.",
		),
	],
})

export const scoring = stat({
	key: "anomaly-subjects",
	title: "Anomaly Scoring",
	empty: "The alert webhook cannot reach Prometheus, or no data from it",
	shows: [
		latest(anomalySubjects, { where: { result: "scored" }, legend: "scored" }),
		latest(anomalySubjects, { where: { result: "not_enough_history" }, legend: "young" }),
		latest(anomalySubjects, { where: { result: "constant_history" }, legend: "constant" }),
		latest(anomalySubjects, { where: { result: "no_value" }, legend: "no value" }),
	],
})
