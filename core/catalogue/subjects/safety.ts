import { counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { increased, part, promql, total } from "../promql.ts"
import { sessionsStarted } from "./sessions.ts"

export const VIOLATION_KINDS = ["read_only", "scope", "resource_limit", "timeout"] as const
export const ROLLBACK_TRIGGERS = ["automatic", "manual"] as const
export const REVIEW_DECISIONS = ["approved", "rejected"] as const

const MINUTES_TO_DAYS = [60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800]

export const violations = counter({
	name: "autonomous_violations_total",
	group: "safety",
	quantity: "count",
	help: "Violations of a safety constraint, by which constraint.",
	labels: { kind: oneOf(...VIOLATION_KINDS) },
	emitter: "violations",
	essential: true,
})

export const violatingSessions = counter({
	name: "autonomous_sessions_violating_total",
	group: "safety",
	quantity: "count",
	help: "Sessions that violated at least one safety constraint, counted at their first violation.",
	labels: {},
	emitter: "violations",
	essential: true,
})

export const reviewsPending = gauge({
	name: "autonomous_reviews_pending",
	group: "safety",
	quantity: "count",
	help: "Reviews that wait for a person's decision.",
	labels: {},
	emitter: "reviews",
	essential: true,
})

export const reviewsDecided = counter({
	name: "autonomous_reviews_decided_total",
	group: "safety",
	quantity: "count",
	help: "Reviews that were decided, by how.",
	labels: { decision: oneOf(...REVIEW_DECISIONS) },
	emitter: "reviews",
	essential: true,
})

export const reviewDuration = histogram({
	name: "autonomous_review_duration_seconds",
	group: "safety",
	quantity: "seconds",
	help: "Time from the request of a review to its decision.",
	labels: {},
	buckets: MINUTES_TO_DAYS,
	emitter: "reviews",
	essential: true,
})

export const rollbacks = counter({
	name: "autonomous_rollbacks_total",
	group: "safety",
	quantity: "count",
	help: "Rollbacks of a deployed improvement that ended, by who triggered them.",
	labels: { trigger: oneOf(...ROLLBACK_TRIGGERS) },
	emitter: "rollbacks",
	essential: true,
})

export const rollbackFailures = counter({
	name: "autonomous_rollback_failures_total",
	group: "safety",
	quantity: "count",
	help: "Rollbacks that ended without restoring the former state.",
	labels: { trigger: oneOf(...ROLLBACK_TRIGGERS) },
	emitter: "rollbacks",
	essential: true,
})

export const rollbackDuration = histogram({
	name: "autonomous_rollback_duration_seconds",
	group: "safety",
	quantity: "seconds",
	help: "Time from the start of a rollback to recovery.",
	labels: {},
	buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600],
	emitter: "rollbacks",
	essential: true,
})

export const violations1h = recording({
	name: "kind:autonomous_violations:increase1h",
	quantity: "count",
	help: "Safety violations in the last hour, by constraint.",
	formula: "increase over 1 h",
	window: "1h",
	expr: increased(violations, "1h", ["kind"]),
	labels: ["kind"],
})

export const violationsTotal1h = recording({
	name: "autonomous:violations:increase1h",
	quantity: "count",
	help: "Safety violations in the last hour, all constraints together.",
	formula: "sum over constraints",
	window: "1h",
	expr: promql`sum(${violations1h})`,
	labels: [],
})

export const reviewsDecided1d = recording({
	name: "decision:autonomous_reviews:increase1d",
	quantity: "count",
	help: "Reviews decided in the last 24 hours, by decision.",
	formula: "increase over 1 d",
	window: "1d",
	interval: "1m",
	expr: increased(reviewsDecided, "1d", ["decision"]),
	labels: ["decision"],
})

export const reviewMeanTime = recording({
	name: "autonomous:review_duration:mean1d",
	quantity: "seconds",
	help: "Mean time to a decision of the reviews decided in the last 24 hours.",
	formula: "increase of summed seconds ÷ increase of decided reviews, 1 d",
	window: "1d",
	interval: "1m",
	expr: promql`${increased(part(reviewDuration, "sum"), "1d")} / (${increased(part(reviewDuration, "count"), "1d")} > 0)`,
	labels: [],
})

export const rollbacks1d = recording({
	name: "trigger:autonomous_rollbacks:increase1d",
	quantity: "count",
	help: "Rollbacks in the last 24 hours, by trigger.",
	formula: "increase over 1 d",
	window: "1d",
	interval: "1m",
	expr: increased(rollbacks, "1d", ["trigger"]),
	labels: ["trigger"],
})

export const rollbackSuccess = recording({
	name: "autonomous:rollback_success:ratio_increase7d",
	quantity: "ratio",
	help: "Share of the rollbacks of the last 7 days that restored the former state. Without rollbacks there is no value.",
	formula: "1 − failed ÷ all, increases over 7 d",
	window: "7d",
	interval: "1m",
	expr: promql`1 - ${increased(rollbackFailures, "7d")} / (${increased(rollbacks, "7d")} > 0)`,
	labels: [],
})

export const rollbackMeanTime = recording({
	name: "autonomous:rollback_duration:mean7d",
	quantity: "seconds",
	help: "Mean recovery time of the rollbacks of the last 7 days.",
	formula: "increase of summed seconds ÷ increase of rollbacks, 7 d",
	window: "7d",
	interval: "1m",
	expr: promql`${increased(part(rollbackDuration, "sum"), "7d")} / (${increased(part(rollbackDuration, "count"), "7d")} > 0)`,
	labels: [],
})

export const safetyCompliance = recording({
	name: "autonomous:safety_compliance:percent1d",
	quantity: "score",
	help: "Share, out of 100, of the sessions started in the last 24 hours that violated no safety constraint. 100 when none was started.",
	formula: "100 × (1 − violating sessions ÷ started sessions), increases over 1 d, not below 0",
	window: "1d",
	interval: "1m",
	expr: promql`clamp_min(100 * (1 - ${increased(violatingSessions, "1d")} / (${increased(sessionsStarted, "1d")} > 0)), 0) or 100 * (${total(promql`${sessionsStarted}`)} >= bool 0)`,
	labels: [],
})

const kindPath = (name: string, kind: (typeof VIOLATION_KINDS)[number]) =>
	path({
		path: `metrics.violations.${name}`,
		quantity: "count",
		help: `Violations of the ${kind.replace("_", "-")} constraint in the last hour.`,
		value: { of: violations1h, matchers: { kind } },
		counter: { of: violations, matchers: { kind } },
		window: "1h",
	})

export default subject({
	title: "Safety",
	series: [
		violations,
		violatingSessions,
		reviewsPending,
		reviewsDecided,
		reviewDuration,
		rollbacks,
		rollbackFailures,
		rollbackDuration,
	],
	recordings: [
		violations1h,
		violationsTotal1h,
		reviewsDecided1d,
		reviewMeanTime,
		rollbacks1d,
		rollbackSuccess,
		rollbackMeanTime,
		safetyCompliance,
	],
	paths: [
		kindPath("readOnlyViolations", "read_only"),
		kindPath("scopeViolations", "scope"),
		kindPath("resourceLimitViolations", "resource_limit"),
		kindPath("timeoutViolations", "timeout"),
		path({
			path: "metrics.violations.total",
			quantity: "count",
			help: violationsTotal1h.help,
			value: { of: violationsTotal1h },
			counter: { of: violations },
			window: "1h",
		}),
		path({
			path: "metrics.reviews.pending",
			quantity: "count",
			help: reviewsPending.help,
			value: { of: reviewsPending },
		}),
		...REVIEW_DECISIONS.map((decision) =>
			path({
				path: `metrics.reviews.${decision}`,
				quantity: "count",
				help: `Reviews ${decision} in the last 24 hours.`,
				value: { of: reviewsDecided1d, matchers: { decision } },
				counter: { of: reviewsDecided, matchers: { decision } },
				window: "1d",
			}),
		),
		path({
			path: "metrics.reviews.averageReviewTime",
			quantity: "seconds",
			help: reviewMeanTime.help,
			value: { of: reviewMeanTime },
			histogram: { of: reviewDuration },
			window: "1d",
		}),
		...ROLLBACK_TRIGGERS.map((trigger) =>
			path({
				path: `metrics.rollbacks.${trigger}`,
				quantity: "count",
				help: `Rollbacks in the last 24 hours, ${trigger}.`,
				value: { of: rollbacks1d, matchers: { trigger } },
				counter: { of: rollbacks, matchers: { trigger } },
				window: "1d",
			}),
		),
		path({
			path: "metrics.rollbacks.successRate",
			quantity: "ratio",
			help: rollbackSuccess.help,
			value: { of: rollbackSuccess },
			window: "7d",
		}),
		path({
			path: "metrics.rollbacks.averageRecoveryTime",
			quantity: "seconds",
			help: rollbackMeanTime.help,
			value: { of: rollbackMeanTime },
			histogram: { of: rollbackDuration },
			window: "7d",
		}),
		path({
			path: "safety_compliance_rate",
			quantity: "score",
			help: safetyCompliance.help,
			value: { of: safetyCompliance },
			window: "1d",
		}),
	],
})
