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

/** What is remembered of a run: the last attempt that was counted, and what it is doing if it has not ended. */
export interface Remembered extends RowState {
	readonly counted: number
	readonly status?: RunState
}

/** Takes a run over: counts an attempt that ended, once, and says what to remember. */
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

/** Adds how long a run waited for its first job. */
export function takeQueue(run: Run, firstJobAt: number | undefined, tally: Tally): void {
	if (firstJobAt === undefined) return
	tally.observe(githubRunQueue, { workflow: run.workflow }, Math.max(0, firstJobAt - run.startedAt) / 1000)
}

/** GitHub's states of a run that has not ended, of which it has more than anybody needs to tell apart. */
function stateOf(status: string): RunState {
	if (status === "in_progress" || status === "queued") return status
	return "waiting"
}

/** True when at least half of the latest runs that said something failed. */
export function mostlyFailing(runs: readonly Run[]): boolean {
	const telling = runs.filter(({ conclusion }) => conclusion === "success" || isFailure(conclusion)).slice(0, 10)
	return telling.length > 0 && telling.filter(({ conclusion }) => isFailure(conclusion)).length * 2 >= telling.length
}

const isFailure = (conclusion: string | null) => /^(failure|timed_out|startup_failure)$/.test(conclusion ?? "")
