import {
	reviewsDecided1d,
	reviewsPending,
	rollbackSuccess,
	rollbacks,
} from "../../../core/catalogue/subjects/safety.ts"
import { increase, latest, recorded } from "../../kit/query.ts"
import { atLeast } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

export const pendingNow = stat({
	key: "reviews-pending",
	title: "Pending Reviews",
	empty: "No review data yet",
	shows: [latest(reviewsPending, { legend: "Waiting" })],
	history: true,
})

export const rollbackSuccessNow = stat({
	key: "rollback-success",
	title: "Successful Rollbacks",
	empty: "No rollback in the last 7 days",
	shows: [recorded(rollbackSuccess, "Restored")],
	thresholds: atLeast({ good: 0.99, warning: 0.9, critical: 0.75 }),
})

export const reviewsDecided = timeseries({
	key: "reviews-decided",
	title: "Reviews Decided per Day",
	empty: "No review decided yet",
	shows: [recorded(reviewsDecided1d)],
})

export const rollbackTotal = stat({
	key: "rollbacks-7d",
	title: "Rollbacks, Last 7 Days",
	empty: "No rollback data yet",
	shows: [increase(rollbacks, { by: ["trigger"], window: "7d" })],
})
