import type pg from "pg"
import { MAIN, UNNAMED_AGENT } from "../../../core/catalogue/subjects/session-agents.ts"
import { costOfSession, type SessionSpending, type Statement } from "./cost.ts"
import { modelNameOf } from "./model-name.ts"
import { listCost, type PriceTable } from "./prices.ts"
import { SOURCE } from "./rows.ts"

/** Keeps of a session's statements the one with the most tokens, for each model. Returns the sessions that changed. */
export async function saveStatements(client: pg.PoolClient, statements: readonly Statement[]): Promise<string[]> {
	const changed = new Set<string>()
	for (const { session, model, tokens, costUsd, startedAt } of statements) {
		const { rowCount } = await client.query(
			`insert into observatory.transcript_costs as c (session, model, input_tokens, output_tokens, cache_read_tokens,
				cache_creation_tokens, cache_write_1h_tokens, web_searches, cost_usd, started_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			on conflict (session, model) do update set input_tokens = excluded.input_tokens,
				output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
				cache_creation_tokens = excluded.cache_creation_tokens,
				cache_write_1h_tokens = excluded.cache_write_1h_tokens, web_searches = excluded.web_searches,
				cost_usd = excluded.cost_usd, started_at = excluded.started_at, updated_at = now()
			where excluded.input_tokens + excluded.output_tokens + excluded.cache_read_tokens + excluded.cache_creation_tokens
				> c.input_tokens + c.output_tokens + c.cache_read_tokens + c.cache_creation_tokens`,
			[
				session,
				model,
				tokens.input,
				tokens.output,
				tokens.cacheRead,
				tokens.cacheCreation,
				tokens.cacheWrite1h,
				tokens.webSearches,
				costUsd,
				startedAt,
			],
		)
		if (rowCount) changed.add(session)
	}
	return [...changed]
}

/** Remembers sessions whose transcript has answers that do not count for them. */
export async function saveShared(client: pg.PoolClient, sessions: readonly string[]): Promise<void> {
	if (sessions.length === 0) return
	await client.query(
		`insert into observatory.transcript_shared (session) select distinct * from unnest($1::text[])
		on conflict (session) do update set seen_at = now()`,
		[sessions],
	)
}

/** Writes what the runs of the sessions cost. */
export async function saveCosts(client: pg.PoolClient, sessions: readonly string[], prices: PriceTable): Promise<void> {
	await client.query("update observatory.transcript_runs set uncounted = true where session = any($1)", [sessions])
	for (const spending of await spendingOf(client, sessions)) {
		const { usd } = costOfSession(spending, prices)
		const stored = [...usd.values()].map((cost) => Math.min(cost, MOST_USD))
		await client.query(
			`update observatory.claude_sessions s set cost_usd = t.cost, updated_at = now()
			from unnest($1::text[], $2::float8[]) t (run, cost)
			where s.id = t.run and s.source = $3 and s.cost_usd is distinct from t.cost::numeric(14, 6)`,
			[[...usd.keys()], stored, SOURCE],
		)
	}
}

/** Tokens by model of answers since `since` whose cost is not known. */
export async function unpricedSince(
	client: pg.PoolClient,
	since: Date,
	prices: PriceTable,
): Promise<Map<string, number>> {
	const { rows } = await client.query<{ session: string; model: string; tokens: number }>(
		`select r.session, m.model, sum(m.input_tokens + m.output_tokens + m.cache_read_tokens + m.cache_creation_tokens)::float8
			as tokens
		from observatory.transcript_messages m join observatory.transcript_runs r on r.run = m.run
		where m.list_usd is null and m.stated_usd is null and m.at > $1 group by r.session, m.model`,
		[since],
	)
	const unknown = new Map<string, ReadonlySet<string>>()
	for (const spending of await spendingOf(client, [...new Set(rows.map(({ session }) => session))]))
		unknown.set(spending.session, new Set(costOfSession(spending, prices).unpriced.keys()))
	const unpriced = new Map<string, number>()
	for (const { session, model: spelling, tokens } of rows) {
		const model = modelNameOf(spelling).key
		if (tokens > 0 && unknown.get(session)?.has(model)) unpriced.set(model, (unpriced.get(model) ?? 0) + tokens)
	}
	return unpriced
}

/** Prices answers that had no price. Returns their sessions. */
export async function repriceAnswers(client: pg.PoolClient, prices: PriceTable): Promise<string[]> {
	const { rows } = await client.query(
		`select m.message, m.request, r.session, m.model, m.input_tokens::float8 as input, m.output_tokens::float8 as output,
			m.cache_read_tokens::float8 as "cacheRead", m.cache_creation_tokens::float8 as "cacheCreation",
			m.cache_write_1h_tokens::float8 as "cacheWrite1h", m.web_searches as "webSearches", m.speed, m.tier
		from observatory.transcript_messages m join observatory.transcript_runs r on r.run = m.run
		where m.list_usd is null and m.stated_usd is null`,
	)
	const sessions = new Set<string>()
	for (const row of rows) {
		const usage = { ...tokensOf(row), speed: row.speed ?? undefined, tier: row.tier ?? undefined }
		const usd = listCost(row.model, usage, prices)
		if (usd === undefined) continue
		await client.query(
			"update observatory.transcript_messages set list_usd = $3, cost_usd = $3 where message = $1 and request = $2",
			[row.message, row.request, usd],
		)
		sessions.add(row.session)
	}
	return [...sessions]
}

/** The column's range. */
const MOST_USD = 99_999_999

export async function spendingOf(
	client: pg.PoolClient,
	sessions: readonly string[],
): Promise<(SessionSpending & { readonly session: string })[]> {
	if (sessions.length === 0) return []
	const runs = await client.query<{ session: string; run: string; startedAt: Date }>(
		`select session, run, started_at as "startedAt" from observatory.transcript_runs where session = any($1)
		order by session, number`,
		[sessions],
	)
	const answers = await client.query(
		`select r.session, m.run, m.model,
			coalesce(m.agent, case when m.sidechain then $2 else $3 end) as agent,
			coalesce(m.parent, case when m.sidechain then $3 else $4 end) as parent,
			m.stated_usd is not null as stated,
			m.stated_usd is not null or m.list_usd is not null as known,
			sum(coalesce(m.stated_usd, m.list_usd)) as usd, sum(m.input_tokens)::float8 as input,
			sum(m.output_tokens)::float8 as output, sum(m.cache_read_tokens)::float8 as "cacheRead",
			sum(m.cache_creation_tokens)::float8 as "cacheCreation",
			sum(m.cache_write_1h_tokens)::float8 as "cacheWrite1h", sum(m.web_searches)::float8 as "webSearches"
		from observatory.transcript_messages m join observatory.transcript_runs r on r.run = m.run
		where r.session = any($1) group by r.session, m.run, m.model, 4, 5, stated, known`,
		[sessions, UNNAMED_AGENT, MAIN.agent, MAIN.parent],
	)
	const statements = await client.query(
		`select session, model, input_tokens::float8 as input, output_tokens::float8 as output,
			cache_read_tokens::float8 as "cacheRead", cache_creation_tokens::float8 as "cacheCreation",
			cache_write_1h_tokens::float8 as "cacheWrite1h", web_searches as "webSearches", cost_usd as "costUsd",
			started_at as "startedAt"
		from observatory.transcript_costs where session = any($1)`,
		[sessions],
	)
	const shared = await client.query<{ session: string }>(
		"select session from observatory.transcript_shared where session = any($1)",
		[sessions],
	)
	const isShared = new Set(shared.rows.map(({ session }) => session))
	return sessions.flatMap((session) => {
		const own = <T extends { session: string }>(rows: readonly T[]) => rows.filter((row) => row.session === session)
		const [first] = own(runs.rows)
		if (first === undefined) return []
		return [
			{
				session,
				runs: own(runs.rows).map(({ run }) => run),
				startedAt: first.startedAt,
				shared: isShared.has(session),
				spending: own(answers.rows).map((row) => ({
					run: row.run,
					model: modelNameOf(row.model).key,
					agent: row.agent,
					parent: row.parent,
					tokens: tokensOf(row),
					knownUsd: row.known ? Number(row.usd) : undefined,
					stated: row.stated,
				})),
				statements: own(statements.rows).map((row) => ({
					session,
					model: row.model,
					tokens: tokensOf(row),
					costUsd: row.costUsd,
					startedAt: row.startedAt ?? undefined,
				})),
			},
		]
	})
}

/** Writes for five minutes are all that are not for an hour. */
const tokensOf = (
	row: Record<"input" | "output" | "cacheRead" | "cacheCreation" | "cacheWrite1h" | "webSearches", number>,
) => ({
	input: row.input,
	output: row.output,
	cacheRead: row.cacheRead,
	cacheCreation: row.cacheCreation,
	cacheWrite5m: 0,
	cacheWrite1h: row.cacheWrite1h,
	webSearches: row.webSearches,
})

/** Forgets what no session needs any more. */
export async function pruneCosts(client: pg.PoolClient, before: Date): Promise<void> {
	const orphan = (column: string) =>
		`${column} < $1 and not exists (select from observatory.transcript_runs r join observatory.transcript_messages m
			on m.run = r.run where r.session = t.session)`
	await client.query(`delete from observatory.transcript_costs t where ${orphan("t.updated_at")}`, [before])
	await client.query(
		`delete from observatory.transcript_agents t where t.updated_at < $1 and not exists (
			select from observatory.transcript_messages m where m.run = t.run)`,
		[before],
	)
	await client.query(`delete from observatory.transcript_shared t where ${orphan("t.seen_at")}`, [before])
}
