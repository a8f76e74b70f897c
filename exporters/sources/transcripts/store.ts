import type pg from "pg"
import { inTransaction } from "../../../core/db/session.ts"
import type { Activity } from "./line.ts"
import { costOf, type PriceTable, priceOf } from "./prices.ts"
import { Answers, type Counted } from "./reconcile.ts"
import {
	ACTIVE,
	countedAnswers,
	latestRuns,
	type Position,
	type Progress,
	SOURCE,
	saveAnswers,
	saveRuns,
	saveTotals,
	stillAt,
} from "./rows.ts"
import { type Run, runAfter, statusOf } from "./runs.ts"

/** The tables of the transcript collector in the observatory database. Every method is one transaction. */
export class TranscriptStore {
	readonly #pool: pg.Pool
	readonly #prices: PriceTable

	constructor(pool: pg.Pool, prices: PriceTable) {
		this.#pool = pool
		this.#prices = prices
	}

	/** Start of counting: older lines never count. Set once. */
	since(signal: AbortSignal, atFirst: Date): Promise<Date> {
		return inTransaction(this.#pool, { what: "Reading since when transcripts count", signal }, async (client) => {
			const insert = `insert into observatory.readers (name, position) values ('transcripts', $1) on conflict do nothing`
			await client.query(insert, [JSON.stringify({ since: atFirst.toISOString() })])
			const { rows } = await client.query<{ since: string }>(
				`select position->>'since' as since from observatory.readers where name = 'transcripts'`,
			)
			return new Date(rows[0]?.since ?? atFirst)
		})
	}

	positions(signal: AbortSignal): Promise<Map<string, Position>> {
		return inTransaction(this.#pool, { what: "Reading how far transcripts were read", signal }, async (client) => {
			const { rows } = await client.query<{ path: string; identity: string; read_to: string }>(
				"select path, identity, read_to from observatory.transcript_files",
			)
			return new Map(rows.map((row) => [row.path, { identity: row.identity, readTo: Number(row.read_to) }]))
		})
	}

	/**
	 * Counts a chunk of a file and moves the file's position in one transaction. Returns the models of newly counted
	 * answers that have no price, or undefined when another process has already read the chunk.
	 */
	advance(signal: AbortSignal, progress: Progress): Promise<string[] | undefined> {
		return inTransaction(this.#pool, { what: "Counting a transcript", signal }, async (client) => {
			await client.query("select pg_advisory_xact_lock(hashtextextended('mcp-observatory transcripts', 0))")
			if (!(await stillAt(client, progress))) return undefined
			const unpriced = await this.#count(client, progress.activities)
			await client.query(
				`insert into observatory.transcript_files (path, identity, read_to) values ($1, $2, $3)
				on conflict (path) do update set identity = excluded.identity, read_to = excluded.read_to, read_at = now()`,
				[progress.path, progress.to.identity, progress.to.readTo],
			)
			return unpriced
		})
	}

	/** Ends silent sessions. */
	settle(signal: AbortSignal, now: number): Promise<void> {
		return inTransaction(this.#pool, { what: "Ending silent sessions", signal }, async (client) => {
			const { rows } = await client.query<{ run: string; turn: Run["turn"]; last_at: Date; status: string }>(
				`select r.run, r.turn, r.last_at, s.status from observatory.claude_sessions s
				join observatory.transcript_runs r on r.run = s.id where s.source = $1 and s.status = any($2)`,
				[SOURCE, ACTIVE],
			)
			for (const { run, turn, last_at, status } of rows) {
				const next = statusOf({ turn, lastAt: last_at }, now)
				// A paused session stays paused until it is resumed.
				if (next === status || (next === "running" && status === "paused")) continue
				await client.query(
					`update observatory.claude_sessions set status = $2, ended_at = $3, updated_at = now()
					where id = $1 and status = any($4)`,
					[run, next, ACTIVE.includes(next) ? null : last_at, ACTIVE],
				)
			}
		})
	}

	/**
	 * Deletes the answers and positions of sessions that ended before `before`. Claude Code deletes transcripts after 30
	 * days, so they cannot be read again; the sessions' rows stay.
	 */
	prune(signal: AbortSignal, before: Date): Promise<void> {
		return inTransaction(this.#pool, { what: "Deleting old transcripts", signal }, async (client) => {
			await client.query(
				`delete from observatory.transcript_messages m using observatory.transcript_runs r, observatory.claude_sessions s
				where r.run = m.run and s.id = r.run and r.last_at < $1 and s.status <> all($2)`,
				[before, ACTIVE],
			)
			await client.query("delete from observatory.transcript_files where read_at < $1", [before])
		})
	}

	async #count(client: pg.PoolClient, activities: readonly Activity[]): Promise<string[]> {
		if (activities.length === 0) return []
		const latest = await latestRuns(client, activities)
		const known = await countedAnswers(client, activities)
		const answers = new Answers(known)
		const touched = new Map<string, Run>()
		for (const activity of activities) {
			const run = runAfter(latest.get(activity.session), activity)
			latest.set(activity.session, run)
			touched.set(run.run, run)
			if (activity.answer) answers.add(this.#counted(activity, activity.answer, run.run))
		}
		const { upserts, deletes } = answers.changes()
		await saveRuns(client, [...touched.values()])
		await saveAnswers(client, upserts, deletes)
		await saveTotals(client, [...new Set([...touched.keys(), ...[...upserts, ...deletes].map(({ run }) => run)])])
		const before = new Set(known.map(({ message }) => message))
		return upserts
			.filter(({ message, model }) => !before.has(message) && priceOf(model, this.#prices) === undefined)
			.map(({ model }) => model)
	}

	#counted({ at }: Activity, answer: NonNullable<Activity["answer"]>, run: string): Counted {
		const { message, request, sidechain, model, usage } = answer
		const price = priceOf(model, this.#prices)
		const costUsd = answer.costUsd ?? (price ? costOf(usage, price) : 0)
		const { input, output, cacheRead, cacheCreation } = usage
		return { message, request, sidechain, model, run, input, output, cacheRead, cacheCreation, costUsd, at }
	}
}
