import type pg from "pg"
import type { Statement } from "./cost.ts"
import type { Activity } from "./line.ts"
import type { Counted } from "./reconcile.ts"
import type { Run } from "./runs.ts"

/** Rows in `claude_sessions` that are ours to change; those of other writers are left alone. */
export const SOURCE = "transcript"
export const ACTIVE = ["initializing", "running", "paused"]

export interface Position {
	readonly identity: string
	readonly readTo: number
	/** See `markOf`; undefined where an earlier release stored the position. */
	readonly mark: string | undefined
}

export interface Progress {
	readonly path: string
	readonly from: Position | undefined
	readonly to: Position
	readonly activities: readonly Activity[]
	readonly statements: readonly Statement[]
	/** Sessions with answers that are too old to count. */
	readonly tooOld: readonly string[]
}

/** Whether the file's position is still that of `progress.from`. */
export async function stillAt(client: pg.PoolClient, { path, from }: Progress): Promise<boolean> {
	const { rows } = await client.query<{ identity: string; read_to: string; mark: string | null }>(
		"select identity, read_to, mark from observatory.transcript_files where path = $1",
		[path],
	)
	const [row] = rows
	if (row === undefined || from === undefined) return row === undefined && from === undefined
	return row.identity === from.identity && Number(row.read_to) === from.readTo && (row.mark ?? undefined) === from.mark
}

export async function latestRuns(client: pg.PoolClient, activities: readonly Activity[]): Promise<Map<string, Run>> {
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

export async function countedAnswers(client: pg.PoolClient, activities: readonly Activity[]): Promise<Counted[]> {
	const messages = [...new Set(activities.flatMap(({ answer }) => answer?.message ?? []))]
	const { rows } = await client.query(
		`select message, request, run, sidechain, agent, parent, model, input_tokens::float8 as input, output_tokens::float8 as output,
			cache_read_tokens::float8 as "cacheRead", cache_creation_tokens::float8 as "cacheCreation",
			cache_write_1h_tokens::float8 as "cacheWrite1h", web_searches as "webSearches", speed, tier,
			stated_usd as "statedUsd", list_usd as "listUsd", at
		from observatory.transcript_messages where message = any($1)`,
		[messages],
	)
	return rows.map((row) => ({
		...row,
		agent: row.agent ?? undefined,
		parent: row.parent ?? undefined,
		speed: row.speed ?? undefined,
		tier: row.tier ?? undefined,
		statedUsd: row.statedUsd ?? undefined,
		listUsd: row.listUsd ?? undefined,
	}))
}

export async function saveRuns(client: pg.PoolClient, runs: readonly Run[]): Promise<void> {
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

export async function saveAnswers(
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
			cache_read_tokens, cache_creation_tokens, cost_usd, at, cache_write_1h_tokens, web_searches, speed, tier,
			stated_usd, list_usd, agent, parent)
		select * from unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::bigint[], $10::float8[], $11::timestamptz[], $12::bigint[], $13::int[], $14::text[],
			$15::text[], $16::float8[], $17::float8[], $18::text[], $19::text[])
		on conflict (message, request) do update set run = excluded.run, sidechain = excluded.sidechain,
			model = excluded.model, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
			cache_read_tokens = excluded.cache_read_tokens, cache_creation_tokens = excluded.cache_creation_tokens,
			cost_usd = excluded.cost_usd, at = excluded.at, cache_write_1h_tokens = excluded.cache_write_1h_tokens,
			web_searches = excluded.web_searches, speed = excluded.speed, tier = excluded.tier,
			stated_usd = excluded.stated_usd, list_usd = excluded.list_usd, agent = excluded.agent,
			parent = excluded.parent`,
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
			upserts.map(({ statedUsd, listUsd }) => statedUsd ?? listUsd ?? 0),
			column("at"),
			column("cacheWrite1h"),
			column("webSearches"),
			column("speed"),
			column("tier"),
			column("statedUsd"),
			column("listUsd"),
			column("agent"),
			column("parent"),
		],
	)
}

/** A run's row has the sums of its answers. Its cost is `saveCosts`'s. */
export async function saveTotals(client: pg.PoolClient, runs: readonly string[]): Promise<void> {
	await client.query(
		`update observatory.claude_sessions s set input_tokens = t.input, output_tokens = t.output,
			cache_read_tokens = t.cache_read, cache_creation_tokens = t.cache_creation, turns = t.turns,
			model = coalesce(t.model, s.model), started_at = t.started_at, updated_at = now()
		from (
			select r.run, r.model, r.started_at, coalesce(sum(m.input_tokens), 0) as input,
				coalesce(sum(m.output_tokens), 0) as output, coalesce(sum(m.cache_read_tokens), 0) as cache_read,
				coalesce(sum(m.cache_creation_tokens), 0) as cache_creation,
				count(m.message) filter (where not m.sidechain) as turns
			from observatory.transcript_runs r left join observatory.transcript_messages m on m.run = r.run
			where r.run = any($1) group by r.run
		) t
		where s.id = t.run and s.source = $2`,
		[runs, SOURCE],
	)
}
