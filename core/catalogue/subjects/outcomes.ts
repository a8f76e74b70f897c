import { counter, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, part, promql } from "../promql.ts"
import type { Quantity, SeriesSpec } from "../types.ts"
import { improvements, performanceGain } from "./improvements.ts"
import { sessionsFinished } from "./sessions.ts"

/** Kinds of measured outcomes that are understood; others are counted and otherwise left alone. */
export const OUTCOMES = [
	"test_pass_rate",
	"lint_errors",
	"response_time_seconds",
	"query_efficiency",
	"accuracy",
	"task_completion_seconds",
	"error_rate",
	"user_satisfaction",
	"other",
] as const

const moment = oneOf("before", "after")
const RATIOS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]

export const outcomes = counter({
	name: "autonomous_outcomes_total",
	group: "business",
	quantity: "count",
	help: "Measured outcomes, by what was measured; a kind that is not known here counts as other.",
	labels: { kind: oneOf(...OUTCOMES) },
	emitter: "outcomes",
})

const distribution = (name: string, quantity: Quantity, help: string, buckets: readonly number[]) =>
	histogram({ name, group: "business", quantity, help, labels: {}, buckets, emitter: "outcomes", essential: true })

export const testPass = distribution(
	"autonomous_test_pass_ratio",
	"ratio",
	"Share of tests that passed in a test run, 0 to 1.",
	RATIOS,
)

export const queryEfficiency = distribution(
	"autonomous_query_efficiency_ratio",
	"ratio",
	"Useful results per retrieval step of a query, 0 to 1: 1 when the first step succeeds, 0 without success.",
	RATIOS,
)

export const taskErrors = distribution(
	"autonomous_task_error_ratio",
	"ratio",
	"Share of the steps of a task that failed, 0 to 1.",
	[0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1],
)

export const taskDuration = distribution(
	"autonomous_task_duration_seconds",
	"seconds",
	"Time that a task took from start to end.",
	[5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200],
)

export const satisfaction = distribution(
	"autonomous_user_satisfaction_score",
	"count",
	"People's ratings, 1 (worst) to 5 (best).",
	[1, 2, 3, 4, 5],
)

export const lintErrors = counter({
	name: "autonomous_lint_errors_total",
	group: "business",
	quantity: "count",
	help: "Lint errors, summed over measured changes, before and after the change.",
	labels: { moment },
	emitter: "outcomes",
	essential: true,
})

export const responseTime = counter({
	name: "autonomous_response_time_seconds_total",
	group: "business",
	quantity: "seconds",
	help: "Response time of MCP servers, summed over measured changes, before and after the change.",
	labels: { moment },
	emitter: "outcomes",
	essential: true,
})

export const accuracyChange = counter({
	name: "autonomous_accuracy_change_ratio_total",
	group: "business",
	quantity: "ratio",
	help: "Sum of measured changes of accuracy as positive ratios (0.02 is 2 percentage points), split by direction, so that neither part goes down.",
	labels: { direction: oneOf("gain", "regression") },
	emitter: "outcomes",
	essential: true,
})

interface Derived {
	readonly name: string
	readonly help: string
	readonly formula: string
	readonly quantity: Quantity
	readonly expr: ReturnType<typeof promql>
}

const over7d = ({ name, ...rest }: Derived) =>
	recording({ name: `autonomous:${name}7d`, window: "7d", interval: "1m", labels: [], ...rest })

const mean7d = (name: string, of: SeriesSpec, help: string) =>
	over7d({
		name: `${name}:mean`,
		help,
		formula: "increase of the sum ÷ increase of observations, 7 d",
		quantity: of.quantity,
		expr: promql`${increased(part(of, "sum"), "7d")} / (${increased(part(of, "count"), "7d")} > 0)`,
	})

const reduction7d = (name: string, of: SeriesSpec, help: string) =>
	over7d({
		name: `${name}:reduction`,
		help,
		formula: "1 − after ÷ before, increases over 7 d",
		quantity: "ratio",
		expr: promql`1 - ${increased({ of, matchers: { moment: "after" } }, "7d")} / (${increased({ of, matchers: { moment: "before" } }, "7d")} > 0)`,
	})

export const testPassRate = mean7d("test_pass", testPass, "Mean share of passed tests over the last 7 days.")
export const queryEfficiencyMean = mean7d(
	"query_efficiency",
	queryEfficiency,
	"Mean useful results per retrieval step over the last 7 days.",
)
export const taskErrorRate = mean7d(
	"task_error",
	taskErrors,
	"Mean share of failed steps of tasks over the last 7 days.",
)
export const taskMeanDuration = mean7d("task_duration", taskDuration, "Mean duration of tasks over the last 7 days.")
export const satisfactionMean = mean7d("user_satisfaction", satisfaction, "Mean rating, 1 to 5, over the last 7 days.")
export const lintReduction = reduction7d(
	"lint_errors",
	lintErrors,
	"Share of lint errors that the changes measured in the last 7 days removed; negative when they added some.",
)
export const responseTimeReduction = reduction7d(
	"response_time",
	responseTime,
	"Share of response time that the changes measured in the last 7 days saved; negative when they cost some.",
)

export const accuracyImprovement = over7d({
	name: "accuracy_change:mean",
	help: "Mean change of accuracy of the changes measured in the last 7 days; negative when it fell.",
	formula: "(gains − regressions) ÷ measured changes, increases over 7 d",
	quantity: "ratio",
	expr: promql`(${increased({ of: accuracyChange, matchers: { direction: "gain" } }, "7d")} - ${increased({ of: accuracyChange, matchers: { direction: "regression" } }, "7d")}) / (${increased({ of: outcomes, matchers: { kind: "accuracy" } }, "7d")} > 0)`,
})

const increase7d = (expr: ReturnType<typeof promql>) => increased(expr, "7d")
const finished = (outcomes: string) => increase7d(promql`${sessionsFinished}{outcome=~"${outcomes}"}`)
const stage = (name: string) => increase7d(promql`${{ of: improvements, matchers: { stage: name } }}`)

export const reliabilityScore = over7d({
	name: "reliability:score",
	help: "Reliability out of 100 over the last 7 days: sessions that do not fail times deployed improvements that are not rolled back. Without ended sessions there is no value.",
	formula:
		"100 × (1 − failed sessions ÷ ended sessions) × (1 − rolled back ÷ deployed improvements), increases over 7 d; the second factor is 1 without deployments",
	quantity: "score",
	expr: promql`100 * (1 - ${finished("failed|timeout")} / (${finished("completed|failed|timeout")} > 0)) * (clamp_min(1 - ${stage("rolled_back")} / (${stage("deployed")} > 0), 0) or vector(1))`,
})

export default subject({
	title: "Outcomes",
	series: [
		outcomes,
		testPass,
		lintErrors,
		queryEfficiency,
		responseTime,
		accuracyChange,
		taskDuration,
		taskErrors,
		satisfaction,
	],
	recordings: [
		testPassRate,
		lintReduction,
		reliabilityScore,
		queryEfficiencyMean,
		responseTimeReduction,
		accuracyImprovement,
		taskMeanDuration,
		taskErrorRate,
		satisfactionMean,
	],
	paths: [
		...(
			[
				["metrics.codeQuality.testPassRate", testPassRate, testPass],
				["metrics.codeQuality.lintErrorReduction", lintReduction],
				["metrics.codeQuality.performanceImprovement", performanceGain],
				["metrics.codeQuality.reliabilityScore", reliabilityScore],
				["metrics.mcpOptimization.queryEfficiency", queryEfficiencyMean, queryEfficiency],
				["metrics.mcpOptimization.responseTimeReduction", responseTimeReduction],
				["metrics.mcpOptimization.accuracyImprovement", accuracyImprovement],
				["metrics.developerExperience.taskCompletionTime", taskMeanDuration, taskDuration],
				["metrics.developerExperience.errorRate", taskErrorRate, taskErrors],
				["metrics.developerExperience.userSatisfaction", satisfactionMean, satisfaction],
			] as const
		).map(([name, value, histogram]) =>
			path({
				path: name,
				quantity: value.quantity,
				help: value.help,
				value: { of: value },
				...(histogram ? { histogram: { of: histogram } } : {}),
				window: "7d",
			}),
		),
	],
})
