import type pg from "pg"
import type { HealthState } from "../../../core/catalogue/subjects/components.ts"
import {
	githubRateLimit,
	githubRateLimitRemaining,
	githubRunDuration,
	githubRunQueue,
	githubRuns,
	githubRunsActive,
	RUN_STATES,
} from "../../../core/catalogue/subjects/github.ts"
import { inTransaction, onSnapshot } from "../../../core/db/session.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { folderThatKnows, samplesOf, Tally } from "../../../core/metrics/durable.ts"
import type { OnRefuse } from "../../../core/metrics/family.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { type Sample, sample } from "../../../core/metrics/samples.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import { START } from "../../kit/position.ts"
import { Ledger, type Tracking } from "../postgres/ledger.ts"
import type { GithubApi, Page, Run } from "./api.ts"
import { mostlyFailing, type Remembered, takeQueue, takeRun } from "./runs.ts"

const TOTALS = [githubRuns, githubRunDuration, githubRunQueue]

/** Most runs that are asked for one by one in a turn. */
const SINGLE_LOOKS = 20
/** Most pages of 100 runs that are read to catch up. */
const MOST_PAGES = 10
/** Below this share of the hourly requests, only what is essential is asked. */
const SCARCE = 0.2

export interface GithubCollectorOptions {
	readonly api: GithubApi
	readonly own: pg.Pool
	/** `owner/name`; runs are remembered under it. */
	readonly repository: string
	readonly clock: Clock
	readonly intervalMs: number
	readonly zeroHoldMs?: number
	/** Called with every workflow's name that was counted under `other`. */
	readonly onFold?: OnFold
	/** Called with every value that was not used. */
	readonly onRefuse?: OnRefuse
}

/** Workflow runs of one repository, counted when they end. Totals are kept in our database. */
export class GithubCollector implements Collector {
	readonly name = "github"
	readonly group = "health"
	readonly emits = [...TOTALS, githubRunsActive, githubRateLimit, githubRateLimitRemaining]
	readonly intervalMs: number
	readonly timeoutMs = 20_000
	readonly zeroHoldMs: number
	readonly #options: GithubCollectorOptions
	/** The newest page as it was when its runs were last stored, and the mark to ask for it again. */
	#page: Page | undefined
	#health: HealthState | undefined

	constructor(options: GithubCollectorOptions) {
		this.#options = options
		this.intervalMs = options.intervalMs
		this.zeroHoldMs = options.zeroHoldMs ?? ZERO_HOLD_MS
	}

	/**
	 * State of `github_actions`: unhealthy when its API cannot be reached or refuses us, degraded when it asks for a pause
	 * or at least half of the last ten runs failed. Undefined before the first look.
	 */
	health(): HealthState | undefined {
		return this.#health
	}

	async collect(signal: AbortSignal): Promise<readonly Sample[]> {
		try {
			const { own } = this.#options
			const { samples, page } = await inTransaction(
				own,
				{ what: "Reading GitHub's runs (our totals)", signal },
				(client) => this.#turn(new Ledger(client, "github"), signal),
			)
			// Only now: had the transaction failed, the same page has to be read again.
			this.#page = page
			this.#health = mostlyFailing(page?.runs ?? []) ? "degraded" : "healthy"
			return samples
		} catch (error) {
			const code = error instanceof ObservatoryError ? error.code : undefined
			if (code === "rate_limited") this.#health = "degraded"
			else if (code === "source_unreachable" || code === "source_rejected") this.#health = "unhealthy"
			throw error
		}
	}

	/** Totals stay in sight while GitHub does not answer, and the rate limit of its latest answer, at 0 above all. */
	async kept(signal: AbortSignal): Promise<readonly Sample[]> {
		const what = "Reading our totals of GitHub's runs"
		const totals = await onSnapshot(this.#options.own, { what, signal }, (client) =>
			new Ledger(client, "github").totals(),
		)
		return [...samplesOf(TOTALS, totals), ...this.#rateLimitSamples()]
	}

	async #turn(ledger: Ledger, signal: AbortSignal): Promise<{ samples: Sample[]; page: Page | undefined }> {
		const { repository } = this.#options
		const { positions, locked } = await ledger.lock()
		if (!locked) return { samples: await this.#samples(ledger), page: this.#page }
		const position = positions[repository] ?? START
		const { page, runs } = await this.#newRuns(position.high, signal)

		const tally = new Tally(folderThatKnows(TOTALS, await ledger.totals(), this.#options.onFold))
		const tracked = await ledger.tracked(repository, 0, 10_000)
		const remembered = new Map(tracked.map(({ seq, state }) => [seq, state as Remembered]))
		const known = new Map(runs.filter(({ id }) => id > position.high || remembered.has(id)).map((run) => [run.id, run]))
		const onPage = new Set(page.runs.map(({ id }) => id))
		const open = [...remembered].flatMap(([id, { status }]) =>
			status !== undefined && !onPage.has(id) && !known.has(id) ? [id] : [],
		)
		// In rotation, so that runs that wait for weeks do not keep the others from being looked at.
		const turn = [...open.filter((id) => id > position.cursor), ...open].slice(0, Math.min(SINGLE_LOOKS, open.length))
		const deleted: number[] = []
		for (const id of turn) {
			const run = await this.#options.api.run(id, signal)
			if (run) known.set(id, run)
			else deleted.push(id)
		}

		const tracking: Tracking[] = deleted.map((seq) => ({ provider: repository, seq, state: undefined }))
		for (const run of known.values()) {
			const { state, ended } = takeRun(run, remembered.get(run.id), tally)
			if (ended && !this.#scarce())
				takeQueue(run, await this.#options.api.firstJobAt(run.id, run.attempt, signal), tally)
			// Once it has ended and left the newest page, a run is forgotten: being run again then is not seen.
			const keep = state.status !== undefined || onPage.has(run.id)
			tracking.push({ provider: repository, seq: run.id, state: keep ? state : undefined })
		}
		for (const [id, { status }] of remembered)
			if (status === undefined && !onPage.has(id) && !known.has(id))
				tracking.push({ provider: repository, seq: id, state: undefined })
		const high = Math.max(position.high, ...runs.map(({ id }) => id))
		await ledger.write(tally, tracking, { ...positions, [repository]: { ...position, high, cursor: turn.at(-1) ?? 0 } })
		for (const refusal of tally.refused) this.#options.onRefuse?.(...refusal)
		return { samples: await this.#samples(ledger), page }
	}

	/** The newest page, and all runs that are on it or newer than `high`. */
	async #newRuns(high: number, signal: AbortSignal): Promise<{ page: Page; runs: readonly Run[] }> {
		const { api } = this.#options
		const fresh = await api.runs(1, this.#page?.etag, signal)
		if (fresh === undefined) return { page: this.#page ?? { runs: [], etag: undefined }, runs: [] }
		const runs = [...fresh.runs]
		// At the very first look the newest page is enough: what was before is history.
		for (let number = 2; high > 0 && number <= MOST_PAGES; number++) {
			const oldest = runs.at(-1)
			if (oldest === undefined || oldest.id <= high || runs.length % 100 !== 0) break
			runs.push(...((await api.runs(number, undefined, signal))?.runs ?? []))
		}
		return { page: fresh, runs }
	}

	#scarce(): boolean {
		const { rateLimit } = this.#options.api
		return rateLimit !== undefined && rateLimit.remaining < SCARCE * rateLimit.limit
	}

	async #samples(ledger: Ledger): Promise<Sample[]> {
		const statuses = await ledger.statuses()
		return [
			...samplesOf(TOTALS, await ledger.totals()),
			...RUN_STATES.map((status) => sample(githubRunsActive, { status }, statuses.get(status) ?? 0)),
			...this.#rateLimitSamples(),
		]
	}

	#rateLimitSamples(): Sample[] {
		const { rateLimit } = this.#options.api
		if (rateLimit === undefined) return []
		return [sample(githubRateLimit, {}, rateLimit.limit), sample(githubRateLimitRemaining, {}, rateLimit.remaining)]
	}
}
