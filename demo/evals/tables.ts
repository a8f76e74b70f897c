/**
 * The tables of the simulated evaluation system, as its own migrations create them: schema `public`, mixed-case names,
 * timestamps without zone (UTC). Only the columns that readers use.
 */
export const EVALS_TABLES = `
create table if not exists public.runs (
	id integer primary key generated always as identity,
	model text not null,
	mcp_server text,
	pid integer,
	concurrency integer not null default 2,
	passed integer not null default 0,
	failed integer not null default 0,
	created_at timestamp not null
);
create table if not exists public."taskMetrics" (
	id integer primary key generated always as identity,
	tokens_in integer not null,
	tokens_out integer not null,
	tokens_context integer not null,
	cache_writes integer not null,
	cache_reads integer not null,
	cost real not null,
	duration integer not null,
	tool_usage jsonb,
	created_at timestamp not null
);
create table if not exists public.tasks (
	id integer primary key generated always as identity,
	run_id integer not null references public.runs (id),
	task_metrics_id integer references public."taskMetrics" (id),
	language text not null,
	exercise text not null,
	passed boolean,
	started_at timestamp,
	finished_at timestamp,
	created_at timestamp not null
);
create unique index if not exists tasks_language_exercise_idx on public.tasks (run_id, language, exercise);
create table if not exists public."toolErrors" (
	id integer primary key generated always as identity,
	run_id integer references public.runs (id),
	task_id integer references public.tasks (id),
	tool_name text not null,
	error text not null,
	created_at timestamp not null
);
create table if not exists public.mcp_retrieval_benchmarks (
	id serial primary key,
	run_id integer not null references public.runs (id),
	task_id integer not null references public.tasks (id),
	mcp_server_name text not null,
	user_intent text not null,
	total_steps integer not null,
	code_execution_success boolean,
	error_count integer default 0,
	created_at timestamp not null default now()
);
create table if not exists public.mcp_retrieval_calls (
	id serial primary key,
	benchmark_id integer not null references public.mcp_retrieval_benchmarks (id),
	step_number integer not null,
	request jsonb not null,
	response jsonb not null,
	response_size integer not null,
	duration_ms integer,
	error_message text,
	source text,
	timeout_ms integer,
	created_at timestamp not null default now()
);
create table if not exists public.mcp_connection_events (
	id serial primary key,
	run_id integer not null references public.runs (id),
	task_id integer references public.tasks (id),
	server_name text not null,
	event_type text not null,
	transport text,
	duration_ms integer,
	error_message text,
	created_at timestamp not null default now()
);
create table if not exists public.mcp_resource_events (
	id serial primary key,
	run_id integer not null references public.runs (id),
	task_id integer references public.tasks (id),
	server_name text not null,
	uri text not null,
	event_type text not null,
	duration_ms integer,
	response_size integer,
	error_message text,
	created_at timestamp not null default now()
);
create table if not exists public.ai_insights (
	id serial primary key,
	run_id integer not null references public.runs (id),
	task_id integer references public.tasks (id),
	category text not null,
	confidence real not null,
	severity text not null,
	detected_at timestamp not null default now(),
	acknowledged_at timestamp,
	action_taken text
);
create table if not exists public.ai_steering_recommendations (
	id serial primary key,
	run_id integer not null references public.runs (id),
	type text not null,
	priority text not null,
	confidence real not null,
	status text not null default 'pending',
	applied_at timestamp,
	applied_by text,
	outcome text,
	created_at timestamp not null default now()
);
create table if not exists public.ai_anomalies (
	id serial primary key,
	run_id integer not null references public.runs (id),
	type text not null,
	severity text not null,
	confidence real not null,
	detected_value real,
	expected_value real,
	threshold real,
	resolved boolean default false,
	resolved_at timestamp,
	detected_at timestamp not null default now()
);
create table if not exists public.ai_observer_sessions (
	id serial primary key,
	run_id integer not null references public.runs (id),
	observer_level text not null,
	steering_mode text,
	started_at timestamp not null default now(),
	ended_at timestamp,
	status text not null default 'active',
	total_insights integer default 0,
	total_anomalies integer default 0,
	total_recommendations integer default 0,
	average_confidence real
);`

/** Their names in PostgreSQL. */
export type EvalsTable =
	| "runs"
	| "tasks"
	| "taskMetrics"
	| "toolErrors"
	| "mcp_retrieval_benchmarks"
	| "mcp_retrieval_calls"
	| "mcp_connection_events"
	| "mcp_resource_events"
	| "ai_insights"
	| "ai_steering_recommendations"
	| "ai_anomalies"
	| "ai_observer_sessions"
