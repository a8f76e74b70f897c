import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, promql } from "../promql.ts"

/** How a workflow run may end, in GitHub's words. */
export const RUN_CONCLUSIONS = [
	"success",
	"failure",
	"cancelled",
	"timed_out",
	"startup_failure",
	"skipped",
	"neutral",
	"action_required",
	"stale",
	"other",
] as const

/** What a run that has not ended may be doing; GitHub's requested, pending and waiting are waiting. */
export const RUN_STATES = ["queued", "waiting", "in_progress"] as const

/**
 * How often GitHub is asked, in milliseconds. Unchanged answers cost no request of the limit with a token only; without one it
 * is 60 requests an hour.
 */
export const GITHUB_INTERVAL_MS = { withToken: 60_000, without: 300_000 }

const workflow = atMost(50, "the name of the workflow's file, without its ending")
const BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600]

export const githubRuns = counter({
	name: "autonomous_github_runs_total",
	group: "health",
	quantity: "count",
	help: "Workflow runs of GitHub Actions that ended, by workflow and conclusion. A run that is run again counts again.",
	labels: { workflow, conclusion: oneOf(...RUN_CONCLUSIONS) },
	emitter: "github",
})

export const githubRunDuration = histogram({
	name: "autonomous_github_run_duration_seconds",
	group: "health",
	quantity: "seconds",
	help: "Time from the start of a workflow run to its end.",
	labels: { workflow },
	buckets: BUCKETS,
	emitter: "github",
})

export const githubRunQueue = histogram({
	name: "autonomous_github_run_queue_seconds",
	group: "health",
	quantity: "seconds",
	help: "Time that a workflow run waited for a runner: from its start to the start of its first job.",
	labels: { workflow },
	buckets: BUCKETS,
	emitter: "github",
})

export const githubRunsUncounted = counter({
	name: "autonomous_github_runs_uncounted_total",
	group: "health",
	quantity: "count",
	help: "Workflow runs that were not counted, because more than a thousand came while the exporter was away.",
	labels: {},
	emitter: "github",
})

export const githubRunsActive = gauge({
	name: "autonomous_github_runs_active",
	group: "health",
	quantity: "count",
	help: "Workflow runs that have not ended, by state.",
	labels: { status: oneOf(...RUN_STATES) },
	emitter: "github",
})

export const githubRateLimit = gauge({
	name: "autonomous_github_rate_limit",
	group: "health",
	quantity: "count",
	help: "Requests that GitHub's API allows in an hour.",
	labels: {},
	emitter: "github",
})

export const githubRateLimitRemaining = gauge({
	name: "autonomous_github_rate_limit_remaining",
	group: "health",
	quantity: "count",
	help: "Requests to GitHub's API that are left in the current hour.",
	labels: {},
	emitter: "github",
})

export const githubRunFailureRatio = recording({
	name: "autonomous:github_runs_failed:ratio_increase1d",
	quantity: "ratio",
	help: "Share of the workflow runs that ended in the last 24 hours that failed, timed out or could not start. Without runs there is no value.",
	formula: "(failure + timed_out + startup_failure) ÷ (those + success), increases over 1 d",
	window: "1d",
	interval: "1m",
	expr: promql`${increased(promql`${githubRuns}{conclusion=~"failure|timed_out|startup_failure"}`, "1d")} / (${increased(promql`${githubRuns}{conclusion=~"success|failure|timed_out|startup_failure"}`, "1d")} > 0)`,
	labels: [],
})

export default subject({
	title: "GitHub Actions",
	series: [
		githubRuns,
		githubRunDuration,
		githubRunQueue,
		githubRunsUncounted,
		githubRunsActive,
		githubRateLimit,
		githubRateLimitRemaining,
	],
	recordings: [githubRunFailureRatio],
	paths: [
		path({
			path: "metrics.githubActions.failureRate",
			quantity: "ratio",
			help: githubRunFailureRatio.help,
			value: { of: githubRunFailureRatio },
			window: "1d",
		}),
		path({
			path: "metrics.githubActions.rateLimitRemaining",
			quantity: "count",
			help: githubRateLimitRemaining.help,
			value: { of: githubRateLimitRemaining },
		}),
	],
})
