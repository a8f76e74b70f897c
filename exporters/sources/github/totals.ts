import {
	githubRunDuration,
	githubRunQueue,
	githubRuns,
	githubRunsUncounted,
} from "../../../core/catalogue/subjects/github.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { folderThatKnows, Tally } from "../../../core/metrics/durable.ts"
import { cleanLabelValue, type OnFold } from "../../../core/metrics/labels.ts"
import type { Position } from "../../kit/position.ts"
import type { Ledger } from "../postgres/ledger.ts"

export const TOTALS = [githubRuns, githubRunDuration, githubRunQueue, githubRunsUncounted]

/** A workflow without a run for this long makes room for another one when there are too many. */
const PLACE_MS = 24 * 3_600_000

/** More than there are places. */
const MOST_SEEN = 200

/** How far a repository's runs have been read. */
export interface GithubPosition extends Position {
	/** When each workflow was last seen, in milliseconds. */
	readonly seen?: Readonly<Record<string, number>>
}

/** A tally of runs in which workflows have lasting places. */
export interface WorkflowTally {
	readonly tally: Tally
	/** When each workflow was last seen, the given ones now. Deletes the totals of those that lost their places. */
	seen(workflows: Iterable<string>): Promise<Record<string, number>>
}

/** A tally that knows the workflows that were counted before. */
export async function workflowTally(
	ledger: Ledger,
	position: GithubPosition,
	{ clock, onFold }: { readonly clock: Clock; readonly onFold?: OnFold },
): Promise<WorkflowTally> {
	const before = new Map(Object.entries(position.seen ?? {}))
	const evicted: (readonly [series: string, label: string, value: string])[] = []
	const folder = folderThatKnows(TOTALS, await ledger.totals(), onFold, {
		now: () => clock.now(),
		placeMs: PLACE_MS,
		seenAt: ({ workflow = "" }) => before.get(workflow) ?? 0,
		onEvict: (...place) => evicted.push(place),
	})
	return {
		tally: new Tally(folder),
		async seen(workflows) {
			for (const workflow of workflows) before.set(cleanLabelValue(workflow), clock.now())
			for (const [series, label, value] of evicted) await ledger.forget(series, label, value)
			const recent = [...before].filter(([, at]) => clock.now() - at < PLACE_MS)
			return Object.fromEntries(recent.sort(([, a], [, b]) => b - a).slice(0, MOST_SEEN))
		},
	}
}
