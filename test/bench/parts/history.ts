import pg from "pg"

/** Which part of all rows a table gets, and how its rows are made. `i` counts from 1. */
const TABLES: readonly (readonly [share: number, insert: string])[] = [
	[
		0.35,
		`insights (kind, category, confidence)
		select case when i % 4 = 0 then 'pattern' else 'insight' end, 'category-' || i % 8, (i % 100) / 100.0`,
	],
	[
		0.25,
		`events (type) select (array['analysis_session_complete', 'improvement_deployed', 'improvement_rolled_back'])[i % 3 + 1]`,
	],
	[
		0.2,
		`claude_sessions (id, source, status, model, started_at, ended_at, input_tokens, output_tokens, cost_usd)
		select gen_random_uuid(), 'bench', case when i % 10 = 0 then 'failed' else 'completed' end, 'model-' || i % 3,
			now() - interval '3 days', now() - interval '2 days', i % 1000, i % 100, 0.01`,
	],
	[
		0.08,
		`violations (session_id, kind)
		select 'session-' || i % 1000, (array['read_only', 'scope', 'resource_limit', 'timeout'])[i % 4 + 1]`,
	],
	[
		0.05,
		`improvements (title, status, proposed_at, validated_at, deployed_at)
		select 'improvement ' || i, 'deployed', now() - interval '3 days', now() - interval '2 days', now() - interval '2 days'`,
	],
	[
		0.05,
		`reviews (status, requested_at, decided_at)
		select case when i % 5 = 0 then 'rejected' else 'approved' end, now() - interval '3 days', now() - interval '3 days' + i % 3600 * interval '1 second'`,
	],
	[
		0.02,
		`rollbacks (trigger, succeeded, started_at, finished_at)
		select case when i % 3 = 0 then 'manual' else 'automatic' end, i % 7 <> 0, now() - interval '3 days', now() - interval '3 days' + interval '1 minute'`,
	],
]

/** Fills our tables with a past: mostly findings and events, many sessions, fewer of what follows from them. */
export async function addHistory(url: string, rows: number): Promise<void> {
	const client = new pg.Client(url)
	await client.connect()
	try {
		for (const [share, insert] of TABLES)
			await client.query(`insert into observatory.${insert} from generate_series(1, ${Math.round(rows * share)}) i`)
		await client.query("vacuum analyze")
	} finally {
		await client.end()
	}
}
