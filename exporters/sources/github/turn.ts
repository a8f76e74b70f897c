import { githubRunsUncounted } from "../../../core/catalogue/subjects/github.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { OnRefuse } from "../../../core/metrics/family.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { START } from "../../kit/position.ts"
import type { Ledger, Tracking } from "../postgres/ledger.ts"
import type { GithubApi, Page } from "./api.ts"
import { readNewRuns } from "./new-runs.ts"
import { type Remembered, takeRun } from "./runs.ts"
import { type GithubPosition, workflowTally } from "./totals.ts"

/** Most rows that are read of those that are remembered. */
export const MOST_REMEMBERED = 10_000

export interface CountOptions {
	readonly api: GithubApi
	readonly repository: string
	readonly clock: Clock
	readonly onFold?: OnFold
	readonly onRefuse?: OnRefuse
	/** The newest page of the last look. */
	readonly before: Page | undefined
	readonly signal: AbortSignal
}

/** Counts the runs of GitHub's lists that have ended, and remembers the others. */
export async function countRuns(
	ledger: Ledger,
	options: CountOptions,
): Promise<{ readonly page: Page | undefined; readonly uncounted: number }> {
	const { api, repository, clock, before, signal } = options
	const { positions, locked } = await ledger.lock()
	if (!locked) return { page: before, uncounted: 0 }
	const position: GithubPosition = positions[repository] ?? START
	const { page, runs, uncounted } = await readNewRuns(api, clock, position.high, before, signal)

	const { tally, seen } = await workflowTally(ledger, position, options)
	const tracked = await ledger.tracked(repository, 0, MOST_REMEMBERED)
	const remembered = new Map(tracked.map(({ seq, state }) => [seq, state as Remembered]))
	const known = new Map(runs.filter(({ id }) => id > position.high || remembered.has(id)).map((run) => [run.id, run]))
	const onPage = new Set(page.runs.map(({ id }) => id))
	const tracking: Tracking[] = []
	const remember = (seq: number, state: Remembered) =>
		// Once it has ended and left the newest page, a run is forgotten: being run again then is not seen.
		tracking.push({ provider: repository, seq, state: isOpen(state) || onPage.has(seq) ? state : undefined })
	for (const run of known.values()) remember(run.id, takeRun(run, remembered.get(run.id), tally))
	for (const [id, state] of remembered) if (!onPage.has(id) && !known.has(id) && !isOpen(state)) remember(id, state)
	tally.count(githubRunsUncounted, {}, uncounted)

	const high = Math.max(position.high, ...runs.map(({ id }) => id))
	const next: GithubPosition = { ...position, high, seen: await seen(new Set(runs.map(({ workflow }) => workflow))) }
	await ledger.write(tally, tracking, { ...positions, [repository]: next })
	for (const refusal of tally.refused) options.onRefuse?.(...refusal)
	return { page, uncounted }
}

/** Whether there is still a question about a run. */
const isOpen = ({ status, queue }: Remembered): boolean => status !== undefined || queue !== undefined
