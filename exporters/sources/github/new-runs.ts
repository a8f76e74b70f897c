import type { Clock } from "../../../core/lib/clock.ts"
import type { GithubApi, Page } from "./api.ts"
import type { Run } from "./schema.ts"

const PAGE = 100
/** Most pages of 100 runs that are read to catch up, and the longest time for it. */
const MOST_PAGES = 10
const LONGEST_MS = 10_000

export interface NewRuns {
	/** The newest page as it is now. */
	readonly page: Page
	/** All runs that are on it, or newer than `high`; none when nothing has changed. */
	readonly runs: readonly Run[]
	/** Runs newer than `high` that were not read, because they are too many. */
	readonly uncounted: number
}

/** Reads the runs that are newer than `high`, the newest first, within bounds. `before` is the newest page of the last look. */
export async function readNewRuns(
	api: GithubApi,
	clock: Clock,
	high: number,
	before: Page | undefined,
	signal: AbortSignal,
): Promise<NewRuns> {
	const until = clock.now() + LONGEST_MS
	const page = await api.runs(1, before?.etag, signal)
	if (page === undefined) return { page: before ?? { runs: [], total: 0, etag: undefined }, runs: [], uncounted: 0 }
	const runs = [...page.runs]
	// At the very first look the newest page is enough: what was before is history.
	if (high === 0) return { page, runs, uncounted: 0 }
	let read = 1
	const hasMore = () => runs.length === read * PAGE && (runs.at(-1)?.id ?? 0) > high
	while (hasMore() && read < MOST_PAGES && clock.now() < until)
		runs.push(...((await api.runs(++read, undefined, signal))?.runs ?? []))
	if (!hasMore()) return { page, runs, uncounted: 0 }
	const newer = await countNewer(api, high, { from: read, to: Math.ceil(page.total / PAGE) }, signal)
	return { page, runs, uncounted: Math.max(0, newer - runs.length) }
}

/** How many runs are newer than `high`, by halving the pages that may have it; on page `from` all are newer. */
async function countNewer(
	api: GithubApi,
	high: number,
	{ from, to }: { from: number; to: number },
	signal: AbortSignal,
): Promise<number> {
	let [newer, reached] = [from, to + 1]
	let onPage = 0
	while (reached - newer > 1) {
		const middle = Math.floor((newer + reached) / 2)
		const runs = (await api.runs(middle, undefined, signal))?.runs ?? []
		const count = runs.filter(({ id }) => id > high).length
		if (count === PAGE) newer = middle
		else [reached, onPage] = [middle, count]
	}
	return newer * PAGE + onPage
}
