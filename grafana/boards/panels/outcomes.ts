import {
	accuracyChange,
	accuracyImprovement,
	lintErrors,
	lintReduction,
	outcomes,
	queryEfficiency,
	queryEfficiencyMean,
	reliabilityScore,
	responseTime,
	responseTimeReduction,
	satisfaction,
	satisfactionMean,
	taskDuration,
	taskErrorRate,
	taskErrors,
	taskMeanDuration,
	testPass,
	testPassRate,
} from "../../../core/catalogue/subjects/outcomes.ts"
import { band } from "../../kit/layout.ts"
import { increase, type Query, quantile, recorded } from "../../kit/query.ts"
import { stat, timeseries } from "../../kit/visuals.ts"
import { TECHNICAL } from "../uids.ts"

const empty = "No outcome has been measured in the last 7 days"

/** The catalogue counts ratings; on a panel they want a digit behind the point. */
const rating = (query: Query): Query => ({ ...query, measure: "rating" })

/** What the improvements are for, in the strategy's three groups. */
export const outcomeStats = [
	stat({
		key: "code-quality",
		title: "Code Quality, 7 Days",
		empty,
		detail: TECHNICAL,
		shows: [
			recorded(testPassRate, "Tests passed"),
			recorded(lintReduction, "Lint errors removed"),
			recorded(reliabilityScore, "Reliability"),
		],
	}),
	stat({
		key: "mcp-optimization",
		title: "MCP Optimization, 7 Days",
		empty,
		detail: TECHNICAL,
		shows: [
			recorded(queryEfficiencyMean, "Query efficiency"),
			recorded(responseTimeReduction, "Response time saved"),
			recorded(accuracyImprovement, "Accuracy gained"),
		],
	}),
	stat({
		key: "developer-experience",
		title: "Developer Experience, 7 Days",
		empty,
		detail: TECHNICAL,
		shows: [
			recorded(taskMeanDuration, "Task time"),
			recorded(taskErrorRate, "Failed steps"),
			rating(recorded(satisfactionMean, "Rating of 5")),
		],
	}),
]

const quality = timeseries({
	key: "outcome-ratios",
	title: "Tests and Queries",
	empty,
	shows: [
		recorded(testPassRate, "Tests passed"),
		quantile(testPass, 0.5, { window: "1d", legend: "Tests passed, median of a day" }),
		recorded(queryEfficiencyMean, "Query efficiency"),
		quantile(queryEfficiency, 0.5, { window: "1d", legend: "Query efficiency, median of a day" }),
	],
})

const lint = timeseries({
	key: "lint-errors",
	title: "Lint Errors Before and After Changes",
	empty,
	shows: [increase(lintErrors, { by: ["moment"], window: "1d" })],
})

const saved = timeseries({
	key: "response-time-change",
	title: "Response Time Before and After Changes",
	empty,
	shows: [increase(responseTime, { by: ["moment"], window: "1d" })],
})

const tasks = timeseries({
	key: "task-duration",
	title: "Duration of Tasks",
	empty,
	shows: [recorded(taskMeanDuration, "mean, 7 d"), quantile(taskDuration, 0.95, { window: "1d", legend: "p95, 1 d" })],
})

const taskFailures = timeseries({
	key: "task-errors",
	title: "Failed Steps of Tasks",
	empty,
	shows: [recorded(taskErrorRate, "mean, 7 d"), quantile(taskErrors, 0.95, { window: "1d", legend: "p95, 1 d" })],
})

const ratings = timeseries({
	key: "user-satisfaction",
	title: "Ratings",
	empty: "No ratings in the last 7 days",
	shows: [
		rating(recorded(satisfactionMean, "mean, 7 d")),
		rating(quantile(satisfaction, 0.5, { window: "1d", legend: "median, 1 d" })),
	],
})

const accuracy = timeseries({
	key: "accuracy-change",
	title: "Accuracy Gained and Lost per Day",
	empty,
	shows: [increase(accuracyChange, { by: ["direction"], window: "1d" })],
})

const measured = timeseries({
	key: "outcomes-measured",
	title: "Outcomes Measured per Day",
	empty,
	shows: [increase(outcomes, { by: ["kind"], window: "1d" })],
})

export const outcomeBands = [
	band(8, quality, lint, saved),
	band(8, tasks, taskFailures, ratings),
	band(8, accuracy, measured),
]
