import {
	costSavings,
	improvements,
	improvementsMeasured,
	performanceChange,
} from "../../core/catalogue/subjects/improvements.ts"
import { defineStream, highWaterMark, type RowState, SETTLE_MS } from "../kit/stream.ts"

interface ImprovementState extends RowState {
	readonly validated: boolean
	readonly deployed: boolean
	readonly rolledBack: boolean
	readonly measured: boolean
	/** Most dollars seen so far. */
	readonly savings: number
}

/** Each stage counts once, when its time is set; a later stage says that the earlier ones were reached as well. */
export const improvementStream = defineStream({
	view: "improvements",
	columns: [
		"status",
		"proposed_at",
		"validated_at",
		"deployed_at",
		"rolled_back_at",
		"measured_at",
		"performance_change",
		"cost_savings_usd",
	],
	emits: [improvements, improvementsMeasured, performanceChange, costSavings],
	take(row, before: ImprovementState | undefined, tally, now): ImprovementState | undefined {
		const rolledBack = row.rolled_back_at !== null || before?.rolledBack === true
		const deployed = row.deployed_at !== null || rolledBack || before?.deployed === true
		const validated = row.validated_at !== null || deployed || before?.validated === true
		if (before === undefined) tally.count(improvements, { stage: "proposed" })
		if (validated && !before?.validated) tally.count(improvements, { stage: "validated" })
		if (deployed && !before?.deployed) tally.count(improvements, { stage: "deployed" })
		if (rolledBack && !before?.rolledBack) tally.count(improvements, { stage: "rolled_back" })

		const change = row.measured_at === null ? null : row.performance_change
		const measured = change !== null || before?.measured === true
		if (change !== null && !before?.measured) {
			tally.count(improvementsMeasured, {})
			tally.count(performanceChange, { direction: change < 0 ? "regression" : "gain" }, Math.abs(change))
		}
		const savings = highWaterMark(before?.savings ?? 0, row.cost_savings_usd, (usd) => tally.accepts(costSavings, usd))
		tally.count(costSavings, {}, savings - (before?.savings ?? 0))

		const settled = (rolledBack || row.status === "rejected") && now > lastChange(row) + SETTLE_MS
		return settled ? undefined : { validated, deployed, rolledBack, measured, savings }
	},
})

const TIMES = ["proposed_at", "validated_at", "deployed_at", "rolled_back_at", "measured_at"] as const

/** The latest of an improvement's times, in milliseconds. */
const lastChange = (row: Readonly<Record<(typeof TIMES)[number], number | null>>) =>
	Math.max(...TIMES.map((time) => row[time] ?? 0)) * 1000
