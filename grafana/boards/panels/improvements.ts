import {
	confidence,
	confidenceMean,
	costSavings,
	deployed1d,
	improvements,
	improvementsMeasured,
	insights,
	patterns,
	performanceChange,
	performanceGain,
	proposed1d,
	recommendations,
	rolledBack1d,
	validated1d,
} from "../../../core/catalogue/subjects/improvements.ts"
import { band } from "../../kit/layout.ts"
import { increase, quantile, recorded } from "../../kit/query.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "No improvement has been proposed yet"
const noAnalysis = "No analysis has run yet"

const insightsByCategory = timeseries({
	key: "insights",
	title: "Insights per Hour by Category",
	empty: noAnalysis,
	stacked: true,
	shows: [increase(insights, { by: ["category"] })],
})

const found = timeseries({
	key: "patterns",
	title: "Patterns and Recommendations per Hour",
	empty: noAnalysis,
	shows: [increase(patterns, { legend: "Patterns" }), increase(recommendations, { legend: "Recommendations" })],
})

const confidences = timeseries({
	key: "confidence",
	title: "Confidence of Insights",
	empty: "No insight in the last hour of any moment shown",
	shows: [recorded(confidenceMean, "mean"), quantile(confidence, 0.5)],
})

const stages = stat({
	key: "improvement-stages",
	title: "Improvements, Last 24 Hours",
	empty,
	shows: [
		recorded(proposed1d, "Proposed"),
		recorded(validated1d, "Validated"),
		recorded(deployed1d, "Deployed"),
		recorded(rolledBack1d, "Rolled back"),
	],
})

const stagesOverTime = timeseries({
	key: "improvements",
	title: "Improvements per Day by Stage",
	empty,
	shows: [increase(improvements, { by: ["stage"], window: "1d" })],
})

const effect = timeseries({
	key: "performance-gain",
	title: "Performance Gain",
	empty: "No improvement has been measured yet",
	shows: [
		recorded(performanceGain, "Mean gain, 7 d"),
		increase(improvementsMeasured, { window: "7d", legend: "Measured" }),
	],
})

const change = timeseries({
	key: "performance-change",
	title: "Gains and Regressions per Day",
	empty: "No improvement has been measured yet",
	shows: [increase(performanceChange, { by: ["direction"], window: "1d" })],
})

const savings = timeseries({
	key: "cost-savings",
	title: "Cost Savings per Day",
	empty: "No saving has been measured yet",
	shows: [increase(costSavings, { window: "1d", legend: "Saved" })],
})

export const analysisBands = [band(8, insightsByCategory, found, confidences)]
export const improvementBands = [band(4, stages), band(8, stagesOverTime, effect), band(8, change, savings)]
