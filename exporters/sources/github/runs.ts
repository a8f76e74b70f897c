import {
	githubRunDuration,
	githubRunQueue,
	githubRuns,
	RUN_CONCLUSIONS,
	type RUN_STATES,
} from "../../../core/catalogue/subjects/github.ts"
import type { Tally } from "../../../core/metrics/durable.ts"
import type { RowState } from "../../kit/stream.ts"
import type { Run } from "./schema.ts"

export type RunState = (typeof RUN_STATES)[number]

/** The stored state of a run: the last counted attempt, and the status of an unfinished run. */
export interface Remembered extends RowState {
	readonly counted: number
	readonly status?: RunState
	/** The attempt whose queue time is to be asked for. */
	readonly queue?: Queue
}

/** What the queue time of an attempt is calculated from, besides the start of its first job. */
export interface Queue {
	readonly attempt: number
	readonly workflow: string
	readonly startedAt: number
}

/** Counts a finished attempt once, and returns the state to store. */
export function takeRun(run: Run, before: Remembered | undefined, tally: Tally): Remembered {
	const counted = before?.counted ?? 0
	if (run.status !== "completed") return { counted, status: stateOf(run.status) }
	if (counted >= run.attempt) return { counted, ...(before?.queue ? { queue: before.queue } : {}) }
	const { workflow, startedAt, updatedAt, attempt } = run
	const conclusion = RUN_CONCLUSIONS.find((known) => known === run.conclusion) ?? "other"
	tally.count(githubRuns, { workflow, conclusion })
	tally.observe(githubRunDuration, { workflow }, Math.max(0, updatedAt - startedAt) / 1000)
	return { counted: attempt, queue: { attempt, workflow, startedAt } }
}

/** Observes the time that a run waited for its first job. */
export function takeQueue({ workflow, startedAt }: Queue, firstJobAt: number | undefined, tally: Tally): void {
	if (firstJobAt === undefined) return
	tally.observe(githubRunQueue, { workflow }, Math.max(0, firstJobAt - startedAt) / 1000)
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
