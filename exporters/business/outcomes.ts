import {
	accuracyChange,
	lintErrors,
	type OUTCOMES,
	outcomes,
	queryEfficiency,
	responseTime,
	satisfaction,
	taskDuration,
	taskErrors,
	testPass,
} from "../../core/catalogue/subjects/outcomes.ts"
import { OTHER } from "../../core/catalogue/types.ts"
import type { Tally } from "../../core/metrics/durable.ts"
import { defineStream, type RowState } from "../kit/stream.ts"

type Kind = Exclude<(typeof OUTCOMES)[number], "other">
/** Returns false when the row does not say what its kind needs. */
type Take = (tally: Tally, after: number, before: number | null) => boolean

const observed =
	(series: typeof testPass): Take =>
	(tally, after) => {
		tally.observe(series, {}, Math.max(0, after))
		return true
	}

/** Only a pair says anything about a change. */
const compared =
	(series: typeof lintErrors): Take =>
	(tally, after, before) => {
		if (before === null) return false
		tally.count(series, { moment: "before" }, Math.max(0, before))
		tally.count(series, { moment: "after" }, Math.max(0, after))
		return true
	}

const TAKE: Readonly<Record<Kind, Take>> = {
	test_pass_rate: observed(testPass),
	query_efficiency: observed(queryEfficiency),
	task_completion_seconds: observed(taskDuration),
	error_rate: observed(taskErrors),
	user_satisfaction: observed(satisfaction),
	lint_errors: compared(lintErrors),
	response_time_seconds: compared(responseTime),
	accuracy(tally, after, before) {
		if (before === null) return false
		tally.count(accuracyChange, { direction: after < before ? "regression" : "gain" }, Math.abs(after - before))
		return true
	},
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(TAKE, kind)

/** An outcome counts once, when its value is known. */
export const outcomeStream = defineStream({
	view: "outcomes",
	columns: ["kind", "before", "after"],
	emits: [
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
	take(row, _before, tally): RowState | undefined {
		if (row.after === null) return {}
		const kind = row.kind ?? OTHER
		const understood = isKind(kind) && TAKE[kind](tally, row.after, row.before)
		tally.count(outcomes, { kind: understood ? kind : OTHER })
		return undefined
	},
})
