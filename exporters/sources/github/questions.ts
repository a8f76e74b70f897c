import type { Clock } from "../../../core/lib/clock.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { OnRefuse } from "../../../core/metrics/family.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { START } from "../../kit/position.ts"
import type { Ledger, Tracking } from "../postgres/ledger.ts"
import type { GithubApi, Page } from "./api.ts"
import { type Remembered, takeQueue, takeRun } from "./runs.ts"
import { type GithubPosition, workflowTally } from "./totals.ts"
import { MOST_REMEMBERED } from "./turn.ts"

/** Most runs that are asked for one by one in a turn, of those that left the newest page before they ended. */
const SINGLE_LOOKS = 20
/** Most runs whose first job is asked for in a turn, the newest first. */
const QUEUE_LOOKS = 20
/** Most runs whose first job is still to be asked for. */
const MOST_QUEUED = 500
/** After this time the questions of a turn end, whatever is open. */
const LONGEST_MS = 10_000
/** Below this share of the hourly requests, only what is essential is asked. */
const SCARCE = 0.2

export interface QuestionOptions {
	readonly api: GithubApi
	readonly repository: string
	readonly clock: Clock
	readonly onFold?: OnFold
	readonly onRefuse?: OnRefuse
	/** The newest page; its runs need no question of their own. */
	readonly page: Page | undefined
	readonly signal: AbortSignal
}

/**
 * Asks about single runs: those that left the newest page before they ended, and how long ended ones waited for their first
 * job. What was learned is stored also when a question fails; then returns the failure.
 */
export async function askAboutRuns(ledger: Ledger, options: QuestionOptions): Promise<unknown> {
	const { api, repository, clock, page } = options
	const { positions, locked } = await ledger.lock()
	if (!locked) return undefined
	const position: GithubPosition = positions[repository] ?? START
	const tracked = await ledger.tracked(repository, 0, MOST_REMEMBERED)
	const states = new Map(tracked.map(({ seq, state }) => [seq, state as Remembered]))
	const onPage = new Set(page?.runs.map(({ id }) => id))
	const open = [...states].flatMap(([id, { status }]) => (status !== undefined && !onPage.has(id) ? [id] : []))
	// In rotation, so that runs that wait for weeks do not keep the others from being looked at.
	const turn = [...open.filter((id) => id > position.cursor), ...open].slice(0, Math.min(SINGLE_LOOKS, open.length))

	const { tally, seen } = await workflowTally(ledger, position, options)
	const changed = new Map<number, Remembered | undefined>()
	const stateOf = (id: number) => (changed.has(id) ? changed.get(id) : states.get(id))
	const learn = (id: number, state: Remembered | undefined) => {
		const keep = state && (state.status !== undefined || state.queue !== undefined || onPage.has(id))
		changed.set(id, keep ? state : undefined)
	}
	const workflows = new Set<string>()
	const until = clock.now() + LONGEST_MS
	const signal = AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_MS)])
	let { cursor } = position
	let failure: unknown
	/** An answer that cannot be read is about one run; the others are still asked for. */
	const ask = <T>(question: () => Promise<T>): Promise<T | "malformed"> =>
		question().catch((error: unknown) => {
			if (!(error instanceof ObservatoryError && error.code === "source_malformed")) throw error
			failure = error
			return "malformed" as const
		})
	try {
		for (const id of turn) {
			if (clock.now() >= until) break
			cursor = id
			const run = await ask(() => api.run(id, signal))
			if (run === "malformed") continue
			if (run) workflows.add(run.workflow)
			learn(id, run && takeRun(run, states.get(id), tally))
		}
		const waiting = [...new Set([...states.keys(), ...changed.keys()])]
			.filter((id) => stateOf(id)?.queue !== undefined)
			.sort((a, b) => b - a)
		const scarce = isScarce(api)
		for (const [i, id] of waiting.entries()) {
			const state = stateOf(id)
			if (state?.queue === undefined) continue
			const { queue, ...rest } = state
			if (scarce || i >= MOST_QUEUED) learn(id, rest)
			else if (i < QUEUE_LOOKS && clock.now() < until) {
				const firstJobAt = await ask(() => api.firstJobAt(id, queue.attempt, signal))
				if (firstJobAt !== "malformed") takeQueue(queue, firstJobAt, tally)
				learn(id, rest)
			}
		}
	} catch (error) {
		if (options.signal.aborted) throw error
		failure = error
	}
	const tracking: Tracking[] = [...changed].map(([seq, state]) => ({ provider: repository, seq, state }))
	const next: GithubPosition = { ...position, cursor, seen: await seen(workflows) }
	await ledger.write(tally, tracking, { ...positions, [repository]: next })
	for (const refusal of tally.refused) options.onRefuse?.(...refusal)
	return failure
}

function isScarce({ rateLimit }: GithubApi): boolean {
	return rateLimit !== undefined && rateLimit.remaining < SCARCE * rateLimit.limit
}
