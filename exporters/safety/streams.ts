import {
	REVIEW_DECISIONS,
	type ROLLBACK_TRIGGERS,
	reviewDuration,
	reviewsDecided,
	reviewsPending,
	rollbackDuration,
	rollbackFailures,
	rollbacks,
	type VIOLATION_KINDS,
	violatingSessions,
	violations,
} from "../../core/catalogue/subjects/safety.ts"
import { sample } from "../../core/metrics/samples.ts"
import type { Row, RowState, Stream } from "../kit/stream.ts"

type ViolationKind = (typeof VIOLATION_KINDS)[number]
type RollbackTrigger = (typeof ROLLBACK_TRIGGERS)[number]

export interface ViolationRow extends Row {
	readonly kind: string
	readonly session: string | null
}

/** Every violation counts; a session counts at its first one, for which its name is remembered. */
export const violationStream: Stream<ViolationRow> = {
	reader: "violations",
	view: "violations",
	select: "kind, session_id as session",
	emits: [violations, violatingSessions],
	take(row, _before, tally) {
		// A constraint that is not known is counted as other, so that the total is right.
		tally.count(violations, { kind: row.kind as ViolationKind })
		if (row.session !== null) tally.countOnce(violatingSessions, `${row.provider} ${row.session}`)
		return undefined
	},
}

export interface ReviewRow extends Row {
	readonly status: string
	/** Seconds from request to decision. */
	readonly waited: number | null
}

export const reviewStream: Stream<ReviewRow> = {
	reader: "reviews",
	view: "reviews",
	select: "status, extract(epoch from decided_at - requested_at)::float8 as waited",
	emits: [reviewsDecided, reviewDuration],
	take(row, _before, tally): RowState | undefined {
		const decision = REVIEW_DECISIONS.find((known) => known === row.status)
		if (decision === undefined) return { status: "pending" }
		tally.count(reviewsDecided, { decision })
		if (row.waited !== null) tally.observe(reviewDuration, {}, Math.max(0, row.waited))
		return undefined
	},
}

/** Reviews are watched exactly while they are pending. */
export const pendingReviews = (statuses: ReadonlyMap<string, number>) => [
	sample(reviewsPending, {}, statuses.get("pending") ?? 0),
]

export interface RollbackRow extends Row {
	readonly trigger: string
	readonly succeeded: boolean | null
	/** Seconds from start to end, null while it runs. */
	readonly took: number | null
}

export const rollbackStream: Stream<RollbackRow> = {
	reader: "rollbacks",
	view: "rollbacks",
	select: "trigger, succeeded, extract(epoch from finished_at - started_at)::float8 as took",
	emits: [rollbacks, rollbackFailures, rollbackDuration],
	take(row, _before, tally): RowState | undefined {
		if (row.took === null) return { status: "running" }
		const trigger = row.trigger as RollbackTrigger
		tally.count(rollbacks, { trigger })
		if (row.succeeded) tally.observe(rollbackDuration, {}, Math.max(0, row.took))
		else tally.count(rollbackFailures, { trigger })
		return undefined
	},
}
