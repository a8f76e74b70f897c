import { atMost, counter, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, part, promql } from "../promql.ts"
import type { PromQL, SeriesSpec } from "../types.ts"

export const IMPROVEMENT_STAGES = ["proposed", "validated", "deployed", "rolled_back"] as const

export const insights = counter({
	name: "autonomous_insights_total",
	group: "autonomous",
	quantity: "count",
	help: "Insights that analysis produced, by category.",
	labels: { category: atMost(30, "the insight's category in lower case, such as performance or reliability") },
	emitter: "insights",
	essential: true,
})

export const patterns = counter({
	name: "autonomous_patterns_identified_total",
	group: "autonomous",
	quantity: "count",
	help: "Recurring patterns and anomalies that analysis identified.",
	labels: {},
	emitter: "insights",
	essential: true,
})

export const recommendations = counter({
	name: "autonomous_recommendations_total",
	group: "autonomous",
	quantity: "count",
	help: "Recommendations that analysis proposed.",
	labels: {},
	emitter: "recommendations",
	essential: true,
})

export const confidence = histogram({
	name: "autonomous_analysis_confidence_ratio",
	group: "autonomous",
	quantity: "ratio",
	help: "Confidence, 0 to 1, of the insights that analysis produced.",
	labels: {},
	buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
	emitter: "insights",
	essential: true,
})

export const improvements = counter({
	name: "autonomous_improvements_total",
	group: "autonomous",
	quantity: "count",
	help: "Improvements that reached a stage. One that was deployed has been counted as proposed and validated as well.",
	labels: { stage: oneOf(...IMPROVEMENT_STAGES) },
	emitter: "improvements",
	essential: true,
})

export const improvementsMeasured = counter({
	name: "autonomous_improvements_measured_total",
	group: "autonomous",
	quantity: "count",
	help: "Deployed improvements whose effect on performance has been measured.",
	labels: {},
	emitter: "improvements",
})

export const performanceChange = counter({
	name: "autonomous_improvement_performance_change_ratio_total",
	group: "autonomous",
	quantity: "ratio",
	help: "Sum of measured performance changes as positive ratios (0.12 is 12 %), split by direction, so that neither part goes down.",
	labels: { direction: oneOf("gain", "regression") },
	emitter: "improvements",
	essential: true,
})

export const costSavings = counter({
	name: "autonomous_improvement_cost_savings_usd_total",
	group: "business",
	quantity: "usd",
	help: "US dollars that deployed improvements are measured to have saved.",
	labels: {},
	emitter: "improvements",
	essential: true,
})

const increase = (level: string, window: string, help: string, of: PromQL, quantity: "count" | "usd" = "count") =>
	recording({
		name: `autonomous:${level}:increase${window}`,
		quantity,
		help,
		formula: `increase over ${window}`,
		window,
		interval: "1m",
		expr: increased(of, window),
		labels: [],
	})

const all = (of: SeriesSpec) => promql`${of}`
const atStage = (stage: (typeof IMPROVEMENT_STAGES)[number]) => ({ of: improvements, matchers: { stage } })
const stage1d = (stage: (typeof IMPROVEMENT_STAGES)[number]) =>
	increase(
		`improvements_${stage}`,
		"1d",
		`Improvements ${stage.replace("_", " ")} in the last 24 hours.`,
		promql`${atStage(stage)}`,
	)

export const insights1d = increase("insights", "1d", "Insights produced in the last 24 hours.", all(insights))
export const patterns1d = increase("patterns", "1d", "Patterns identified in the last 24 hours.", all(patterns))
export const recommendations1d = increase(
	"recommendations",
	"1d",
	"Recommendations proposed in the last 24 hours.",
	all(recommendations),
)
export const proposed1d = stage1d("proposed")
export const validated1d = stage1d("validated")
export const deployed1d = stage1d("deployed")
export const rolledBack1d = stage1d("rolled_back")
export const deployed30d = increase(
	"improvements_deployed",
	"30d",
	"Improvements deployed in the last 30 days.",
	promql`${atStage("deployed")}`,
)
export const costSavings7d = increase(
	"cost_savings_usd",
	"7d",
	"US dollars saved by improvements in the last 7 days.",
	all(costSavings),
	"usd",
)

export const confidenceMean = recording({
	name: "autonomous:analysis_confidence:mean1h",
	quantity: "ratio",
	help: "Mean confidence of the insights of the last hour.",
	formula: "increase of summed confidence ÷ increase of insights, 1 h",
	window: "1h",
	expr: promql`${increased(part(confidence, "sum"), "1h")} / (${increased(part(confidence, "count"), "1h")} > 0)`,
	labels: [],
})

export const performanceGain = recording({
	name: "autonomous:performance_gain:mean7d",
	quantity: "ratio",
	help: "Mean measured performance change of the improvements measured in the last 7 days; negative when regressions outweigh gains.",
	formula: "(gains − regressions) ÷ measured improvements, increases over 7 d",
	window: "7d",
	interval: "1m",
	expr: promql`(${increased({ of: performanceChange, matchers: { direction: "gain" } }, "7d")} - ${increased({ of: performanceChange, matchers: { direction: "regression" } }, "7d")}) / (${increased(improvementsMeasured, "7d")} > 0)`,
	labels: [],
})

export default subject({
	title: "Analysis and improvements",
	series: [
		insights,
		patterns,
		recommendations,
		confidence,
		improvements,
		improvementsMeasured,
		performanceChange,
		costSavings,
	],
	recordings: [
		insights1d,
		patterns1d,
		recommendations1d,
		proposed1d,
		validated1d,
		deployed1d,
		rolledBack1d,
		deployed30d,
		costSavings7d,
		confidenceMean,
		performanceGain,
	],
	paths: [
		...(
			[
				["metrics.analysis.insightsGenerated", insights1d, { of: insights }],
				["metrics.analysis.patternsIdentified", patterns1d, { of: patterns }],
				["metrics.analysis.recommendationsProposed", recommendations1d, { of: recommendations }],
				["metrics.improvements.proposed", proposed1d, atStage("proposed")],
				["metrics.improvements.validated", validated1d, atStage("validated")],
				["metrics.improvements.deployed", deployed1d, atStage("deployed")],
				["metrics.improvements.rolledBack", rolledBack1d, atStage("rolled_back")],
				["metrics.mcpOptimization.costSavings", costSavings7d, { of: costSavings }],
				["monthly_improvements_deployed", deployed30d, atStage("deployed")],
			] as const
		).map(([name, value, counter]) =>
			path({
				path: name,
				quantity: value.quantity,
				help: value.help,
				value: { of: value },
				counter,
				window: value.window ?? "1d",
			}),
		),
		path({
			path: "metrics.analysis.confidenceScores",
			quantity: "ratio",
			help: confidenceMean.help,
			value: { of: confidenceMean },
			histogram: { of: confidence },
			window: "1h",
		}),
		path({
			path: "metrics.improvements.performanceGain",
			quantity: "ratio",
			help: performanceGain.help,
			value: { of: performanceGain },
			window: "7d",
		}),
	],
})
