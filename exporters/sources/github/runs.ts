import {
	githubRunDuration,
	githubRunQueue,
	githubRuns,
	RUN_CONCLUSIONS,
	type RUN_STATES,
} from "../../../core/catalogue/subjects/github.ts"
import type { Tally } from "../../../core/metrics/durable.ts"
import type { RowState } from "../../kit/stream.ts"
import type { Run } from "./api.ts"

export type RunState = (typeof RUN_STATES)[number]

/** The stored state of a run: the last counted attempt, and the status of an unfinished run. */
export interface Remembered extends RowState {
	readonly counted: number
	readonly status?: RunState
}

/** Counts a finished attempt once, and returns the state to store. */
export function takeRun(run: Run, before: Remembered | undefined, tally: Tally): { state: Remembered; ended: boolean } {
	const counted = before?.counted ?? 0
	if (run.status !== "completed") return { state: { counted, status: stateOf(run.status) }, ended: false }
	if (counted >= run.attempt) return { state: { counted }, ended: false }
	const { workflow } = run
	const conclusion = RUN_CONCLUSIONS.find((known) => known === run.conclusion) ?? "other"
	tally.count(githubRuns, { workflow, conclusion })
	tally.observe(githubRunDuration, { workflow }, Math.max(0, run.updatedAt - run.startedAt) / 1000)
	return { state: { counted: run.attempt }, ended: true }
}

/** Observes the time that a run waited for its first job. */
export function takeQueue(run: Run, firstJobAt: number | undefined, tally: Tally): void {
	if (firstJobAt === undefined) return
	tally.observe(githubRunQueue, { workflow: run.workflow }, Math.max(0, firstJobAt - run.startedAt) / 1000)
}

/** Maps GitHub's many states of an unfinished run to three. */
function stateOf(status: string): RunState {
	if (status === "in_progress" || status === "queued") return status
	return "waiting"
}

/** True when at least half of the latest ten successful or failed runs failed. */
export function mostlyFailing(runs: readonly Run[]): boolean {
	const latest = runs.filter(({ conclusion }) => conclusion === "success" || isFailure(conclusion)).slice(0, 10)
	return latest.length > 0 && latest.filter(({ conclusion }) => isFailure(conclusion)).length * 2 >= latest.length
}

const isFailure = (conclusion: string | null) => /^(failure|timed_out|startup_failure)$/.test(conclusion ?? "")
