import type pg from "pg"
import { createPool } from "../../core/db/client.ts"
import { installContract } from "../../core/db/contract/install.ts"
import { migrate } from "../../core/db/migrate.ts"
import { createDatabase } from "./postgres.ts"

/** A database with our tables and the contract over them. */
export interface ContractDatabase {
	readonly url: string
	readonly pool: pg.Pool
	/** One statement on a connection of the pool. */
	run(sql: string, values?: unknown[]): Promise<pg.QueryResult>
	close(): Promise<void>
}

/** Makes a database on the server of `adminUrl`, migrated, with the contract installed. `before` runs in between. */
export async function contractDatabase(adminUrl: string, before = ""): Promise<ContractDatabase> {
	const url = await createDatabase(adminUrl)
	await migrate(url)
	const pool = createPool(url, { applicationName: "test", max: 10 })
	if (before) await pool.query(before)
	await installContract(pool)
	return { url, pool, run: (sql, values) => pool.query(sql, values), close: () => pool.end() }
}

/** The evaluation system's tables, as its own migrations leave them; only what the contract reads. */
export const EVALS_TABLES = `
create table public.runs (id integer primary key generated always as identity, model text not null, created_at timestamp not null default now());
create table public."taskMetrics" (id integer primary key generated always as identity, tokens_in integer not null, tokens_out integer not null,
	tokens_context integer not null default 0, cache_writes integer not null, cache_reads integer not null, cost real not null,
	duration integer not null default 0, created_at timestamp not null default now());
create table public.tasks (id integer primary key generated always as identity, run_id integer not null references public.runs (id),
	task_metrics_id integer references public."taskMetrics" (id), language text not null, exercise text not null, passed boolean,
	started_at timestamp, finished_at timestamp, created_at timestamp not null default now());
create unique index tasks_language_exercise_idx on public.tasks (run_id, language, exercise);
create table public.mcp_retrieval_benchmarks (id serial primary key, run_id integer not null, task_id integer, mcp_server_name text not null,
	total_steps integer not null, code_execution_success boolean, error_count integer default 0, created_at timestamp not null default now());
create table public.mcp_retrieval_calls (id serial primary key, benchmark_id integer not null, response_size integer not null,
	duration_ms integer, error_message text, created_at timestamp not null default now());
create table public.ai_insights (id serial primary key, run_id integer not null, category text not null, confidence real not null,
	severity text not null, detected_at timestamp not null default now());
create table public.ai_steering_recommendations (id serial primary key, run_id integer not null, type text not null, confidence real not null,
	status text not null default 'pending', applied_at timestamp, created_at timestamp not null default now());
create table public.ai_anomalies (id serial primary key, run_id integer not null, type text not null, confidence real not null,
	detected_at timestamp not null default now());
create table public.ai_observer_sessions (id serial primary key, run_id integer not null, observer_level text not null,
	started_at timestamp not null default now(), ended_at timestamp, status text not null default 'active');
`
