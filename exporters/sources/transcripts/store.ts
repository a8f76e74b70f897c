import type pg from "pg"
import { inTransaction } from "../../../core/db/session.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import type { Sample } from "../../../core/metrics/samples.ts"
import { agentSamples, countAgents } from "./agent-rows.ts"
import { pruneCosts, repriceAnswers, saveCosts, saveShared, saveStatements, unpricedSince } from "./cost-rows.ts"
import type { Activity } from "./line.ts"
import { listCost, type PriceTable } from "./prices.ts"
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
import { type Run, runAfter, sessionOf, statusOf } from "./runs.ts"

/** One process at a time counts. */
const LOCK = "select pg_advisory_xact_lock(hashtextextended('mcp-observatory transcripts', 0))"

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
			const { rows } = await client.query<{ path: string; identity: string; read_to: string; mark: string | null }>(
				"select path, identity, read_to, mark from observatory.transcript_files",
			)
			return new Map(
				rows.map(({ path, identity, read_to, mark }) => [
					path,
					{ identity, readTo: Number(read_to), mark: mark ?? undefined },
				]),
			)
		})
	}

	/**
	 * Counts a chunk of a file and moves the file's position in one transaction. Returns the models of newly counted
	 * answers that have no price, or undefined when another process has already read the chunk.
	 */
	advance(signal: AbortSignal, progress: Progress): Promise<string[] | undefined> {
		return inTransaction(this.#pool, { what: "Counting a transcript", signal }, async (client) => {
			await client.query(LOCK)
			if (!(await stillAt(client, progress))) return undefined
			const unpriced = await this.#count(client, progress)
			await client.query(
				`insert into observatory.transcript_files (path, identity, read_to, mark) values ($1, $2, $3, $4)
				on conflict (path) do update set identity = excluded.identity, read_to = excluded.read_to,
				mark = excluded.mark, read_at = now()`,
				[progress.path, progress.to.identity, progress.to.readTo, progress.to.mark],
			)
			return unpriced
		})
	}

	/** Gives answers without a price the one that the table has now, and their sessions the cost. */
	reprice(signal: AbortSignal): Promise<void> {
		return inTransaction(this.#pool, { what: "Pricing answers that had no price", signal }, async (client) => {
			await client.query(LOCK)
			const priced = await repriceAnswers(client, this.#prices)
			await saveCosts(client, priced, this.#prices)
		})
	}

	/** Tokens by model of answers since `since` whose cost is not known. */
	unpriced(signal: AbortSignal, since: Date): Promise<Map<string, number>> {
		return inTransaction(this.#pool, { what: "Adding up tokens without a price", signal }, (client) =>
			unpricedSince(client, since, this.#prices),
		)
	}

	/** Counts what agents have spent, once all files were read. */
	countAgents(signal: AbortSignal, options: { now: () => number; onFold?: OnFold }): Promise<void> {
		return inTransaction(this.#pool, { what: "Counting what agents spent", signal }, async (client) => {
			await client.query(LOCK)
			await countAgents(client, this.#prices, options)
		})
	}

	/** What agents have spent, as far as it is counted. */
	agents(signal: AbortSignal): Promise<Sample[]> {
		return inTransaction(this.#pool, { what: "Reading what agents spent", signal }, agentSamples)
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
			await pruneCosts(client, before)
		})
	}

	async #count(client: pg.PoolClient, { activities, statements, tooOld }: Progress): Promise<string[]> {
		await saveShared(client, tooOld)
		const restated = await saveStatements(client, statements)
		if (activities.length === 0) {
			await saveCosts(client, restated, this.#prices)
			return []
		}
		const latest = await latestRuns(client, activities)
		const known = await countedAnswers(client, activities)
		const answers = new Answers(known)
		const owners = new Map(known.map(({ message, run }) => [message, sessionOf(run)]))
		const touched = new Map<string, Run>()
		const foreign = new Set<string>()
		for (const activity of activities) {
			const run = runAfter(latest.get(activity.session), activity)
			latest.set(activity.session, run)
			touched.set(run.run, run)
			if (activity.answer === undefined) continue
			answers.add(this.#counted(activity, activity.answer, run.run))
			const owner = owners.get(activity.answer.message)
			if (owner === undefined) owners.set(activity.answer.message, activity.session)
			else if (owner !== activity.session) foreign.add(activity.session)
		}
		const { upserts, deletes } = answers.changes()
		await saveShared(client, [...foreign])
		await saveRuns(client, [...touched.values()])
		await saveAnswers(client, upserts, deletes)
		const runs = [...new Set([...touched.keys(), ...[...upserts, ...deletes].map(({ run }) => run)])]
		await saveTotals(client, runs)
		await saveCosts(client, [...new Set([...runs.map(sessionOf), ...restated])], this.#prices)
		const before = new Set(known.map(({ message }) => message))
		return upserts
			.filter(
				({ message, statedUsd, listUsd }) => !before.has(message) && statedUsd === undefined && listUsd === undefined,
			)
			.map(({ model }) => model)
	}

	#counted({ at }: Activity, answer: NonNullable<Activity["answer"]>, run: string): Counted {
		const { message, request, sidechain, agent, parent, model, usage, costUsd: statedUsd } = answer
		const { input, output, cacheRead, cacheCreation, cacheWrite1h, webSearches, speed, tier } = usage
		const tokens = { input, output, cacheRead, cacheCreation, cacheWrite1h, webSearches, speed, tier }
		const listUsd = listCost(model, usage, this.#prices)
		return { message, request, sidechain, agent, parent, model, run, ...tokens, statedUsd, listUsd, at }
	}
}
