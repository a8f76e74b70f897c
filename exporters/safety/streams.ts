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
import { OTHER } from "../../core/catalogue/types.ts"
import { type Sample, sample } from "../../core/metrics/samples.ts"
import { defineStream, type RowState } from "../kit/stream.ts"

type ViolationKind = (typeof VIOLATION_KINDS)[number]
type RollbackTrigger = (typeof ROLLBACK_TRIGGERS)[number]

/** Every violation counts; a session counts at its first one, for which its name is remembered. */
export const violationStream = defineStream({
	view: "violations",
	columns: ["kind", "session_id"],
	emits: [violations, violatingSessions],
	take(row, _before, tally) {
		// A constraint that is not known is counted as other, so that the total is right.
		tally.count(violations, { kind: (row.kind ?? OTHER) as ViolationKind })
		if (row.session_id !== null) tally.countOnce(violatingSessions, `${row.provider} ${row.session_id}`)
		return undefined
	},
})

export const reviewStream = defineStream({
	view: "reviews",
	columns: ["status", "requested_at", "decided_at"],
	emits: [reviewsDecided, reviewDuration],
	gauges: { emits: [reviewsPending], of: pendingReviews },
	take(row, _before, tally): RowState | undefined {
		const decision = REVIEW_DECISIONS.find((known) => known === row.status)
		if (decision === undefined) return { status: "pending" }
		tally.count(reviewsDecided, { decision })
		const { requested_at: requested, decided_at: decided } = row
		if (requested !== null && decided !== null) tally.observe(reviewDuration, {}, Math.max(0, decided - requested))
		return undefined
	},
})

/** Reviews are watched exactly while they are pending. */
function pendingReviews(statuses: ReadonlyMap<string, number>): Sample[] {
	return [sample(reviewsPending, {}, statuses.get("pending") ?? 0)]
}

export const rollbackStream = defineStream({
	view: "rollbacks",
	columns: ["trigger", "succeeded", "started_at", "finished_at"],
	emits: [rollbacks, rollbackFailures, rollbackDuration],
	take(row, _before, tally): RowState | undefined {
		const { started_at: started, finished_at: finished } = row
		if (finished === null) return { status: "running" }
		const trigger = (row.trigger ?? OTHER) as RollbackTrigger
		tally.count(rollbacks, { trigger })
		if (!row.succeeded) tally.count(rollbackFailures, { trigger })
		else if (started !== null) tally.observe(rollbackDuration, {}, Math.max(0, finished - started))
		return undefined
	},
})
