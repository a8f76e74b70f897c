import type pg from "pg"
import type { HealthState } from "../../../core/catalogue/subjects/components.ts"
import {
	githubRateLimit,
	githubRateLimitRemaining,
	githubRunsActive,
	RUN_STATES,
} from "../../../core/catalogue/subjects/github.ts"
import { inTransaction, onSnapshot } from "../../../core/db/session.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { samplesOf } from "../../../core/metrics/durable.ts"
import type { OnRefuse } from "../../../core/metrics/family.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { type Sample, sample } from "../../../core/metrics/samples.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import { Ledger } from "../postgres/ledger.ts"
import type { GithubApi, Page } from "./api.ts"
import { askAboutRuns } from "./questions.ts"
import { mostlyFailing } from "./runs.ts"
import { TOTALS } from "./totals.ts"
import { countRuns } from "./turn.ts"

export interface GithubCollectorOptions {
	readonly api: GithubApi
	readonly own: pg.Pool
	/** `owner/name`; runs are remembered under it. */
	readonly repository: string
	readonly clock: Clock
	readonly log: Logger
	readonly intervalMs: number
	readonly zeroHoldMs?: number
	/** Called with every workflow's name that was counted under `other`. */
	readonly onFold?: OnFold
	/** Called with every value that was not used. */
	readonly onRefuse?: OnRefuse
}

/**
 * Workflow runs of one repository, counted when they end. Totals are kept in our database. A turn first counts what the
 * lists of runs say, and stores that; then it asks about single runs, within bounds, and stores what it learned.
 */
export class GithubCollector implements Collector {
	readonly name = "github"
	readonly group = "health"
	readonly emits = [...TOTALS, githubRunsActive, githubRateLimit, githubRateLimitRemaining]
	readonly intervalMs: number
	readonly timeoutMs = 30_000
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
	 * State of `github_actions`: unhealthy when its API cannot be reached, refuses us or does not answer as GitHub does,
	 * degraded when it asks for a pause or at least half of the last ten runs failed. Undefined before the first look.
	 */
	health(): HealthState | undefined {
		return this.#health
	}

	async collect(signal: AbortSignal): Promise<readonly Sample[]> {
		const { log } = this.#options
		try {
			const { page, uncounted } = await this.#stored(signal, (ledger) =>
				countRuns(ledger, { ...this.#options, before: this.#page, signal }),
			)
			// Only now: had the transaction failed, the same page has to be read again.
			this.#page = page
			this.#health = mostlyFailing(page?.runs ?? []) ? "degraded" : "healthy"
			if (uncounted > 0)
				log.warn(
					{ runs: uncounted },
					"more GitHub runs came while the exporter was away than are caught up; they are not counted",
				)
		} catch (error) {
			this.#health = healthAfter(error) ?? this.#health
			throw error
		}
		const { samples, failure } = await this.#stored(signal, async (ledger) => {
			const failure = await askAboutRuns(ledger, { ...this.#options, page: this.#page, signal })
			return { samples: await this.#samples(ledger), failure }
		})
		if (failure !== undefined) {
			if (healthAfter(failure) !== undefined) this.#health = "degraded"
			log.warn({ reason: messageOf(failure) }, "GitHub did not answer about single runs; they are asked for again")
		}
		return samples
	}

	/** Totals stay in sight while GitHub does not answer, and the rate limit of its latest answer, at 0 above all. */
	async kept(signal: AbortSignal): Promise<readonly Sample[]> {
		const what = "Reading our totals of GitHub's runs"
		const totals = await onSnapshot(this.#options.own, { what, signal }, (client) =>
			new Ledger(client, "github").totals(),
		)
		return [...samplesOf(TOTALS, totals), ...this.#rateLimitSamples()]
	}

	#stored<T>(signal: AbortSignal, work: (ledger: Ledger) => Promise<T>): Promise<T> {
		const what = "Reading GitHub's runs (our totals)"
		return inTransaction(this.#options.own, { what, signal }, (client) => work(new Ledger(client, "github")))
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

/** What a failure says about GitHub; undefined when it is not GitHub's. */
function healthAfter(error: unknown): HealthState | undefined {
	if (!(error instanceof ObservatoryError)) return undefined
	if (error.code === "rate_limited") return "degraded"
	return /^source_/.test(error.code) ? "unhealthy" : undefined
}
