import type pg from "pg"
import { inTransaction } from "../../../core/db/session.ts"
import type { Activity } from "./line.ts"
import { costOf, type PriceTable, priceOf } from "./prices.ts"
import { Answers, type Counted } from "./reconcile.ts"
import { type Run, runAfter, statusOf } from "./runs.ts"

/** Rows in `claude_sessions` that are ours to change; those of other writers are left alone. */
const SOURCE = "transcript"
const ACTIVE = ["initializing", "running", "paused"]

export interface Position {
	readonly identity: string
	readonly readTo: number
}

export interface Progress {
	readonly path: string
	readonly from: Position | undefined
	readonly to: Position
	readonly activities: readonly Activity[]
}

/** What the tailer keeps in our database. Every method fails whole or works whole. */
export class TranscriptStore {
	readonly #pool: pg.Pool
	readonly #prices: PriceTable

	constructor(pool: pg.Pool, prices: PriceTable) {
		this.#pool = pool
		this.#prices = prices
	}

	/** When counting began: what is older has not been counted and will not be. Set once. */
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
	 * Counts what a stretch of a file says and moves the file's position, together or not at all. Returns the models
	 * of newly counted answers that have no price, or undefined when another process has read the stretch already.
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

	/** Ends the sessions that have gone silent. */
	settle(signal: AbortSignal, now: number): Promise<void> {
		return inTransaction(this.#pool, { what: "Ending silent sessions", signal }, async (client) => {
			const { rows } = await client.query<{ run: string; turn: Run["turn"]; last_at: Date; status: string }>(
				`select r.run, r.turn, r.last_at, s.status from observatory.claude_sessions s
				join observatory.transcript_runs r on r.run = s.id where s.source = $1 and s.status = any($2)`,
				[SOURCE, ACTIVE],
			)
			for (const { run, turn, last_at, status } of rows) {
				const next = statusOf({ turn, lastAt: last_at }, now)
				if (next === status) continue
				await client.query(
					`update observatory.claude_sessions set status = $2, ended_at = $3, updated_at = now()
					where id = $1 and status = any($4)`,
					[run, next, ACTIVE.includes(next) ? null : last_at, ACTIVE],
				)
			}
		})
	}

	/**
	 * Forgets the answers and positions of what ended before `before`. Claude Code deletes transcripts after 30 days, so
	 * none of it can be read again; the sessions' rows stay.
	 */
	prune(signal: AbortSignal, before: Date): Promise<void> {
		return inTransaction(this.#pool, { what: "Forgetting old transcripts", signal }, async (client) => {
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

/** Whether the file stands where the stretch begins. */
async function stillAt(client: pg.PoolClient, { path, from }: Progress): Promise<boolean> {
	const { rows } = await client.query<{ identity: string; read_to: string }>(
		"select identity, read_to from observatory.transcript_files where path = $1",
		[path],
	)
	const [row] = rows
	if (row === undefined || from === undefined) return row === undefined && from === undefined
	return row.identity === from.identity && Number(row.read_to) === from.readTo
}

async function latestRuns(client: pg.PoolClient, activities: readonly Activity[]): Promise<Map<string, Run>> {
	const sessions = [...new Set(activities.map(({ session }) => session))]
	const { rows } = await client.query(
		`select distinct on (r.session) r.run, r.session, r.number, r.started_at as "startedAt", r.last_at as "lastAt", r.turn,
			r.model, coalesce(s.status <> all($2), true) as ended
		from observatory.transcript_runs r left join observatory.claude_sessions s on s.id = r.run
		where r.session = any($1) order by r.session, r.number desc`,
		[sessions, ACTIVE],
	)
	return new Map(rows.map((row) => [row.session, { ...row, model: row.model ?? undefined }]))
}

async function countedAnswers(client: pg.PoolClient, activities: readonly Activity[]): Promise<Counted[]> {
	const messages = [...new Set(activities.flatMap(({ answer }) => answer?.message ?? []))]
	const { rows } = await client.query(
		`select message, request, run, sidechain, model, input_tokens::float8 as input, output_tokens::float8 as output,
			cache_read_tokens::float8 as "cacheRead", cache_creation_tokens::float8 as "cacheCreation", cost_usd as "costUsd", at
		from observatory.transcript_messages where message = any($1)`,
		[messages],
	)
	return rows
}

async function saveRuns(client: pg.PoolClient, runs: readonly Run[]): Promise<void> {
	for (const { run, session, number, startedAt, lastAt, turn, model } of runs) {
		await client.query(
			`insert into observatory.transcript_runs (run, session, number, started_at, last_at, turn, model)
			values ($1, $2, $3, $4, $5, $6, $7) on conflict (run) do update set started_at = excluded.started_at,
			last_at = excluded.last_at, turn = excluded.turn, model = excluded.model`,
			[run, session, number, startedAt, lastAt, turn, model],
		)
		await client.query(
			`insert into observatory.claude_sessions (id, source, status, model, started_at)
			values ($1, $2, 'running', $3, $4) on conflict (id) do nothing`,
			[run, SOURCE, model, startedAt],
		)
	}
}

async function saveAnswers(
	client: pg.PoolClient,
	upserts: readonly Counted[],
	deletes: readonly Counted[],
): Promise<void> {
	for (const { message, request } of deletes)
		await client.query("delete from observatory.transcript_messages where message = $1 and request = $2", [
			message,
			request,
		])
	const column = <K extends keyof Counted>(key: K) => upserts.map((row) => row[key])
	await client.query(
		`insert into observatory.transcript_messages (message, request, run, sidechain, model, input_tokens, output_tokens,
			cache_read_tokens, cache_creation_tokens, cost_usd, at)
		select * from unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::bigint[], $10::float8[], $11::timestamptz[])
		on conflict (message, request) do update set run = excluded.run, sidechain = excluded.sidechain,
			model = excluded.model, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
			cache_read_tokens = excluded.cache_read_tokens, cache_creation_tokens = excluded.cache_creation_tokens,
			cost_usd = excluded.cost_usd, at = excluded.at`,
		[
			column("message"),
			column("request"),
			column("run"),
			column("sidechain"),
			column("model"),
			column("input"),
			column("output"),
			column("cacheRead"),
			column("cacheCreation"),
			column("costUsd"),
			column("at"),
		],
	)
}

/** A run's row says what its answers add up to. */
async function saveTotals(client: pg.PoolClient, runs: readonly string[]): Promise<void> {
	await client.query(
		`update observatory.claude_sessions s set input_tokens = t.input, output_tokens = t.output,
			cache_read_tokens = t.cache_read, cache_creation_tokens = t.cache_creation, cost_usd = t.cost,
			model = coalesce(t.model, s.model), started_at = t.started_at, updated_at = now()
		from (
			select r.run, r.model, r.started_at, coalesce(sum(m.input_tokens), 0) as input,
				coalesce(sum(m.output_tokens), 0) as output, coalesce(sum(m.cache_read_tokens), 0) as cache_read,
				coalesce(sum(m.cache_creation_tokens), 0) as cache_creation, coalesce(sum(m.cost_usd), 0) as cost
			from observatory.transcript_runs r left join observatory.transcript_messages m on m.run = r.run
			where r.run = any($1) group by r.run
		) t
		where s.id = t.run and s.source = $2`,
		[runs, SOURCE],
	)
}
