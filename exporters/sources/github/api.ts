import { Octokit } from "@octokit/rest"
import type { Clock } from "../../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { ANSWERS, excerpt, type Run, readAnswer } from "./schema.ts"

export interface GithubOptions {
	/** `owner/name`. */
	readonly repository: string
	readonly token: string | undefined
	/** `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise Server. */
	readonly apiUrl: string
	readonly clock: Clock
}

export interface RateLimit {
	readonly limit: number
	readonly remaining: number
}

/** A page of runs, and the ETag for the next request. */
export interface Page {
	readonly runs: readonly Run[]
	/** Runs on all pages. */
	readonly total: number
	readonly etag: string | undefined
}

const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 15 * 60_000

/**
 * The requests to GitHub's REST API. When GitHub asks for a pause, no request is sent until the pause ends.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export class GithubApi {
	readonly #octokit: Octokit
	readonly #repo: { readonly owner: string; readonly repo: string }
	readonly #clock: Clock
	#rateLimit: RateLimit | undefined
	#pausedUntil = 0
	#pauses = 0

	constructor({ repository, token, apiUrl, clock }: GithubOptions) {
		const [owner = "", repo = ""] = repository.split("/")
		this.#repo = { owner, repo }
		this.#clock = clock
		const quiet = () => undefined
		this.#octokit = new Octokit({
			baseUrl: apiUrl,
			userAgent: "mcp-observatory",
			log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
			...(token === undefined ? {} : { auth: token }),
		})
	}

	/** The rate limit of GitHub's latest answer. */
	get rateLimit(): RateLimit | undefined {
		return this.#rateLimit
	}

	/** The 100 newest runs, or the next 100; undefined when nothing has changed since `etag`. */
	async runs(page: number, etag: string | undefined, signal: AbortSignal): Promise<Page | undefined> {
		const answer = await this.#ask((octokit) =>
			octokit.rest.actions.listWorkflowRunsForRepo({
				...this.#repo,
				per_page: 100,
				page,
				request: { signal },
				...(etag === undefined ? {} : { headers: { "if-none-match": etag } }),
			}),
		)
		if (answer === "unchanged") return undefined
		if (answer === "absent")
			throw new ObservatoryError("source_rejected", "GitHub has no such repository, or the token may not read it", {
				advice: "Correct GITHUB_REPOSITORY (owner/name), or give GITHUB_TOKEN the right to read its Actions.",
			})
		const { workflow_runs: runs, total_count: total } = readAnswer(answer.data, ANSWERS.runs)
		return { runs, total, etag: answer.headers.etag }
	}

	/** One run; undefined when it has been deleted. */
	async run(id: number, signal: AbortSignal): Promise<Run | undefined> {
		const answer = await this.#ask((octokit) =>
			octokit.rest.actions.getWorkflowRun({ ...this.#repo, run_id: id, request: { signal } }),
		)
		return typeof answer === "string" ? undefined : readAnswer(answer.data, ANSWERS.run)
	}

	/** Start of an attempt's first job; undefined when no job has started. */
	async firstJobAt(id: number, attempt: number, signal: AbortSignal): Promise<number | undefined> {
		const answer = await this.#ask((octokit) =>
			octokit.rest.actions.listJobsForWorkflowRunAttempt({
				...this.#repo,
				run_id: id,
				attempt_number: attempt,
				per_page: 100,
				request: { signal },
			}),
		)
		const jobs = typeof answer === "string" ? [] : readAnswer(answer.data, ANSWERS.jobs).jobs
		// A skipped job also has a start time, although it never ran.
		const started = jobs.flatMap(({ conclusion, started_at }) =>
			conclusion !== "skipped" && started_at ? [Date.parse(started_at)] : [],
		)
		return started.length > 0 ? Math.min(...started) : undefined
	}

	async #ask<T extends { headers: Headers }>(
		request: (octokit: Octokit) => Promise<T>,
	): Promise<T | "unchanged" | "absent"> {
		const wait = this.#pausedUntil - this.#clock.now()
		if (wait > 0)
			throw new ObservatoryError("rate_limited", `GitHub asked for a pause of ${Math.ceil(wait / 1000)} more seconds`)
		try {
			const answer = await request(this.#octokit)
			this.#readRateLimit(answer.headers)
			this.#pauses = 0
			return answer
		} catch (error) {
			return this.#failed(error)
		}
	}

	#failed(error: unknown): "unchanged" | "absent" {
		const { status, response } = error as { status?: number; response?: { headers: Headers } }
		const headers: Headers = response?.headers ?? {}
		this.#readRateLimit(headers)
		if (status === 304) return "unchanged"
		const exhausted = headers["x-ratelimit-remaining"] === "0"
		if (
			status === 429 ||
			(status === 403 && (exhausted || headers["retry-after"] || /rate limit/i.test(messageOf(error))))
		) {
			this.#pausedUntil = this.#clock.now() + this.#pause(headers, exhausted)
			throw new ObservatoryError("rate_limited", "GitHub's rate limit is exhausted", {
				advice: "Set GITHUB_TOKEN, or let fewer programs share the token.",
			})
		}
		if (status === 401 || status === 403)
			throw new ObservatoryError("source_rejected", `GitHub refused the token: ${excerpt(messageOf(error))}`, {
				advice: "GITHUB_TOKEN needs to read Actions of GITHUB_REPOSITORY.",
			})
		if (status === 404) return "absent"
		const how = response === undefined ? "did not answer" : `answered with status ${status}`
		throw new ObservatoryError("source_unreachable", `GitHub's API ${how}: ${excerpt(messageOf(error))}`)
	}

	/** The pause that GitHub asks for, else a minute that doubles each time; in milliseconds. */
	#pause(headers: Headers, exhausted: boolean): number {
		const retryAfter = Number(headers["retry-after"])
		if (retryAfter > 0) return retryAfter * 1000
		const reset = Number(headers["x-ratelimit-reset"]) * 1000 - this.#clock.now()
		if (exhausted && reset > 0) return reset
		return Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses++, LONGEST_PAUSE_MS)
	}

	#readRateLimit(headers: Headers): void {
		const limit = Number(headers["x-ratelimit-limit"] ?? Number.NaN)
		const remaining = Number(headers["x-ratelimit-remaining"] ?? Number.NaN)
		if (Number.isFinite(limit) && Number.isFinite(remaining)) this.#rateLimit = { limit, remaining }
	}
}

interface Headers {
	readonly "retry-after"?: string | number | undefined
	readonly "x-ratelimit-limit"?: string | number | undefined
	readonly "x-ratelimit-remaining"?: string | number | undefined
	readonly "x-ratelimit-reset"?: string | number | undefined
}
