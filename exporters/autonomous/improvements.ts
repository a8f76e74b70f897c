import {
	costSavings,
	improvements,
	improvementsMeasured,
	performanceChange,
} from "../../core/catalogue/subjects/improvements.ts"
import { highWaterMark, type Row, type RowState, SETTLE_MS, type Stream } from "../kit/stream.ts"

export interface ImprovementRow extends Row {
	readonly status: string
	readonly validated: boolean
	readonly deployed: boolean
	readonly rolledBack: boolean
	readonly measured: boolean
	/** Positive is better. */
	readonly change: number | null
	readonly savings: number
	/** The latest of its times, in seconds since the epoch. */
	readonly touched: number
}

interface ImprovementState extends RowState {
	readonly validated: boolean
	readonly deployed: boolean
	readonly rolledBack: boolean
	readonly measured: boolean
	/** Most dollars seen so far. */
	readonly savings: number
}

/** Each stage counts once, when its time is set; a later stage says that the earlier ones were reached as well. */
export const improvementStream: Stream<ImprovementRow, ImprovementState> = {
	reader: "improvements",
	view: "improvements",
	select: `status, validated_at is not null as validated, deployed_at is not null as deployed,
		rolled_back_at is not null as "rolledBack", measured_at is not null as measured,
		performance_change as change, coalesce(cost_savings_usd, 0)::float8 as savings,
		extract(epoch from greatest(proposed_at, validated_at, deployed_at, rolled_back_at, measured_at))::float8 as touched`,
	emits: [improvements, improvementsMeasured, performanceChange, costSavings],
	take(row, before, tally, now) {
		const rolledBack = row.rolledBack || before?.rolledBack === true
		const deployed = row.deployed || rolledBack || before?.deployed === true
		const validated = row.validated || deployed || before?.validated === true
		if (before === undefined) tally.count(improvements, { stage: "proposed" })
		if (validated && !before?.validated) tally.count(improvements, { stage: "validated" })
		if (deployed && !before?.deployed) tally.count(improvements, { stage: "deployed" })
		if (rolledBack && !before?.rolledBack) tally.count(improvements, { stage: "rolled_back" })

		const measured = (row.measured && row.change !== null) || before?.measured === true
		if (measured && !before?.measured && row.change !== null) {
			tally.count(improvementsMeasured, {})
			const direction = row.change < 0 ? "regression" : "gain"
			tally.count(performanceChange, { direction }, Math.abs(row.change))
		}
		const savings = highWaterMark(before?.savings ?? 0, row.savings, (usd) => tally.accepts(costSavings, usd))
		tally.count(costSavings, {}, savings - (before?.savings ?? 0))

		const settled = (rolledBack || row.status === "rejected") && now > row.touched * 1000 + SETTLE_MS
		return settled ? undefined : { validated, deployed, rolledBack, measured, savings }
	},
}
