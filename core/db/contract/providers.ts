import { type Column, UNOBSERVED, VIEW_NAMES, VIEWS, type ViewName } from "./views.ts"

/** One branch of a view: rows of one provider, read from tables that have to exist. */
export interface Branch {
	readonly view: ViewName
	readonly provider: string
	/** Tables and their columns that the branch reads; without all of them it is left out. */
	readonly needs: Readonly<Record<string, readonly string[]>>
	/** Columns of the view that are null while the first of the tables, which names them the same, does not have them. */
	readonly optional?: readonly string[]
	/** The table's number: bigint as it is, integer also as `native_seq`. */
	readonly seq: { readonly expr: string; readonly integer: boolean }
	/** SQL for each column of the view; a column that is not named is null. */
	readonly columns: Readonly<Record<string, string>>
	/** What follows `from`. */
	readonly from: string
}

/** The observatory's own tables are named as the views and have all of their columns. */
const TABLES: Partial<Record<ViewName, string>> = { sessions: "claude_sessions" }

function own(view: ViewName): Branch {
	const table = `observatory.${TABLES[view] ?? view}`
	const columns: [string, Column][] = Object.entries(VIEWS[view].columns)
	const [optional, required] = [true, false].map((wanted) =>
		columns.flatMap(([name, column]) => ((column.optional ?? false) === wanted ? [name] : [])),
	) as [string[], string[]]
	return {
		view,
		provider: "own",
		needs: { [table]: ["seq", ...required] },
		optional,
		seq: { expr: "t.seq", integer: false },
		columns: Object.fromEntries(columns.map(([name]) => [name, `t."${name}"`])),
		from: `${table} t`,
	}
}

/** Times without a zone are UTC in the evals tables. */
const utc = (column: string) => `${column} at time zone 'UTC'`
const id = { expr: "t.id", integer: true } as const
const run = "'run-' || t.run_id"

/** What the tasks of a run used. A cost that is no finite number would spoil the run's: it is left out and counted. */
const taskUsage = (run: string, condition: string) => `left join lateral (
	select sum(m.tokens_in) as input, sum(m.tokens_out) as output, sum(m.cache_reads) as cache_read,
		sum(m.cache_writes) as cache_creation,
		sum(m.cost::numeric) filter (where m.cost > '-Infinity' and m.cost < 'Infinity') as cost,
		count(*) filter (where not (m.cost > '-Infinity' and m.cost < 'Infinity')) as unusable
	from public.tasks k join public."taskMetrics" m on m.id = k.task_metrics_id
	where k.run_id = ${run} and ${condition}
) u on true`

/** A run whose first observer session starts later than this has none: its tokens are its own. */
const OBSERVED_WITHIN = "interval '5 minutes'"

/**
 * Tokens are attributed to the first observer session of a run, from the metrics of the run's tasks: a run's own
 * metrics repeat them, and further sessions of the run get none, so that nothing counts twice. Sessions of a run
 * are close together, hence the bounded look back that a primary key can answer.
 */
const RUN_USAGE = `left join public.runs r on r.id = t.run_id
${taskUsage(
	"t.run_id",
	`t.started_at < r.created_at + ${OBSERVED_WITHIN}
		and not exists (select from public.ai_observer_sessions e where e.id between t.id - 200 and t.id - 1 and e.run_id = t.run_id)`,
)}`

/** Whether an observer session may still come, and whether one came: the runs are found once a query, not once a row. */
const MAY_BE_OBSERVED = `t.created_at + ${OBSERVED_WITHIN} >= now() at time zone 'UTC'`
const OBSERVED = `t.id in (select e.run_id from public.ai_observer_sessions e
		join public.runs o on o.id = e.run_id and e.started_at < o.created_at + ${OBSERVED_WITHIN})`
const usage = {
	input_tokens: "coalesce(u.input, 0)",
	output_tokens: "coalesce(u.output, 0)",
	cache_read_tokens: "coalesce(u.cache_read, 0)",
	cache_creation_tokens: "coalesce(u.cache_creation, 0)",
	cost_usd: "coalesce(u.cost, 0)",
	unusable: "u.unusable",
}
const USAGE_TABLES = {
	"public.tasks": ["id", "run_id", "task_metrics_id"],
	"public.taskMetrics": ["id", "tokens_in", "tokens_out", "cache_writes", "cache_reads", "cost"],
}

/** The existing tables of the evaluation system, read as they are. */
const EVALS: readonly Branch[] = [
	{
		view: "sessions",
		provider: "evals",
		needs: {
			"public.ai_observer_sessions": ["id", "run_id", "observer_level", "started_at", "ended_at", "status"],
			"public.runs": ["id", "model", "created_at"],
			...USAGE_TABLES,
		},
		seq: id,
		columns: {
			id: "'observer-' || t.id",
			source: "'evals'",
			status: "case t.status when 'active' then 'running' else t.status end",
			model: "r.model",
			started_at: utc("t.started_at"),
			ended_at: utc("t.ended_at"),
			...usage,
			updated_at: utc("coalesce(t.ended_at, t.started_at)"),
		},
		from: `public.ai_observer_sessions t ${RUN_USAGE}`,
	},
	{
		view: "sessions",
		provider: UNOBSERVED,
		needs: {
			"public.runs": ["id", "model", "created_at"],
			"public.ai_observer_sessions": ["run_id", "started_at"],
			...USAGE_TABLES,
		},
		seq: id,
		columns: {
			id: "'run-' || t.id",
			source: "'evals'",
			model: "t.model",
			status: "'completed'",
			started_at: utc("t.created_at"),
			ended_at: utc("t.created_at"),
			...usage,
			// Null while its usage may grow: a run that is known to have a session has nothing to add.
			updated_at: utc(`(case when not ${MAY_BE_OBSERVED} and ${OBSERVED} then t.created_at end)`),
		},
		from: `public.runs t ${taskUsage("t.id", `not ${MAY_BE_OBSERVED} and not ${OBSERVED}`)}`,
	},
	{
		view: "mcp_calls",
		provider: "evals",
		needs: {
			"public.mcp_retrieval_calls": [
				"id",
				"benchmark_id",
				"response_size",
				"duration_ms",
				"error_message",
				"created_at",
			],
			"public.mcp_retrieval_benchmarks": ["id", "run_id", "mcp_server_name"],
		},
		seq: id,
		columns: {
			session_id: "'run-' || b.run_id",
			server: "coalesce(b.mcp_server_name, 'unknown')",
			duration_seconds: "t.duration_ms / 1000.0",
			response_bytes: "t.response_size",
			error: "t.error_message",
			created_at: utc("t.created_at"),
		},
		from: "public.mcp_retrieval_calls t left join public.mcp_retrieval_benchmarks b on b.id = t.benchmark_id",
	},
	{
		view: "insights",
		provider: "evals",
		needs: { "public.ai_insights": ["id", "run_id", "category", "confidence", "detected_at"] },
		seq: id,
		columns: {
			session_id: run,
			kind: "'insight'",
			category: "t.category",
			confidence: "t.confidence",
			created_at: utc("t.detected_at"),
		},
		from: "public.ai_insights t",
	},
	{
		view: "insights",
		provider: "evals_anomalies",
		needs: { "public.ai_anomalies": ["id", "run_id", "type", "confidence", "detected_at"] },
		seq: id,
		columns: {
			session_id: run,
			kind: "'pattern'",
			category: "t.type",
			confidence: "t.confidence",
			created_at: utc("t.detected_at"),
		},
		from: "public.ai_anomalies t",
	},
	{
		view: "recommendations",
		provider: "evals",
		needs: {
			"public.ai_steering_recommendations": [
				"id",
				"run_id",
				"type",
				"confidence",
				"status",
				"created_at",
				"applied_at",
			],
		},
		seq: id,
		columns: {
			session_id: run,
			type: "t.type",
			confidence: "t.confidence",
			status: "t.status",
			created_at: utc("t.created_at"),
			decided_at: utc("t.applied_at"),
		},
		from: "public.ai_steering_recommendations t",
	},
	{
		view: "outcomes",
		provider: "evals",
		needs: { "public.tasks": ["id", "passed", "finished_at", "created_at"] },
		seq: id,
		columns: {
			kind: "'test_pass_rate'",
			after: "case when t.passed then 1 when not t.passed then 0 end",
			measured_at: utc("coalesce(t.finished_at, t.created_at)"),
		},
		from: "public.tasks t",
	},
	{
		view: "outcomes",
		provider: "evals_task_times",
		needs: { "public.tasks": ["id", "started_at", "finished_at", "created_at"] },
		seq: id,
		columns: {
			kind: "'task_completion_seconds'",
			after: "extract(epoch from t.finished_at - t.started_at)",
			measured_at: utc("coalesce(t.finished_at, t.created_at)"),
		},
		from: "public.tasks t",
	},
	{
		view: "outcomes",
		provider: "evals_retrievals",
		needs: {
			"public.mcp_retrieval_benchmarks": ["id", "total_steps", "code_execution_success", "created_at"],
		},
		seq: id,
		columns: {
			kind: "'query_efficiency'",
			after:
				"case when t.code_execution_success then 1.0 / greatest(t.total_steps, 1) when not t.code_execution_success then 0 end",
			measured_at: utc("t.created_at"),
		},
		from: "public.mcp_retrieval_benchmarks t",
	},
	{
		view: "outcomes",
		provider: "evals_retrieval_errors",
		needs: {
			"public.mcp_retrieval_benchmarks": ["id", "total_steps", "error_count", "code_execution_success", "created_at"],
		},
		seq: id,
		columns: {
			kind: "'error_rate'",
			after:
				"case when t.code_execution_success is not null then least(1.0, coalesce(t.error_count, 0)::numeric / greatest(t.total_steps, 1)) end",
			measured_at: utc("t.created_at"),
		},
		from: "public.mcp_retrieval_benchmarks t",
	},
]

export const BRANCHES: readonly Branch[] = [...VIEW_NAMES.map(own), ...EVALS]
