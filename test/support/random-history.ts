import fc from "fast-check"
import type pg from "pg"
import type { ContractDatabase } from "./contract-databases.ts"

/** One thing that happens to the monitored system's tables, on connection `on`, inside a transaction if it has one. */
export type Step =
	| { readonly does: "begin" | "commit" | "rollback"; readonly on: number }
	| { readonly does: "write"; readonly on: number; readonly sql: string }
	/** Runs exporters, then deletes the rows of a table that match: retention takes only what is old. */
	| { readonly does: "retire"; readonly table: string; readonly where: string }
	| { readonly does: "collect"; readonly who: readonly number[]; readonly during?: Step }
	| { readonly does: "restart"; readonly who: number }

const TABLES = [
	"claude_sessions",
	"insights",
	"recommendations",
	"improvements",
	"violations",
	"reviews",
	"rollbacks",
	"outcomes",
	"events",
]

const small = fc.integer({ min: 0, max: 7 })
const write = (sql: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
	fc.record({ does: fc.constant("write" as const), on: fc.integer({ min: 0, max: 3 }), sql })

/** Rows are picked by their remainder, so that a step makes sense whatever rows exist; only ones that are not locked. */
const some = (table: string, where: string, n: number) =>
	`seq in (select seq from observatory.${table} where ${where} and seq % 8 = ${n} for update skip locked)`

const inserts: fc.Arbitrary<string> = fc.oneof(
	small.map(
		(n) =>
			`insert into observatory.claude_sessions (id, source, status, model, input_tokens, cost_usd) values (gen_random_uuid(), 'test', 'running', ${n % 2 ? "'m1[1m]'" : "'m2'"}, ${n}, ${n} * 0.125)`,
	),
	small.map(
		(n) =>
			`insert into observatory.insights (kind, category, confidence) select case when i % 2 = 0 then 'pattern' else 'insight' end, 'c${n % 3}', ${n} / 8.0 from generate_series(1, ${n}) i`,
	),
	small.map((n) => `insert into observatory.recommendations (type, confidence) values ('t', ${n} / 8.0)`),
	small.map((n) => `insert into observatory.improvements (title) select 'i' from generate_series(0, ${n % 3})`),
	small.map(
		(n) =>
			`insert into observatory.violations (session_id, kind) values (${n % 5 === 0 ? "null" : `'s${n}'`}, '${["read_only", "scope", "resource_limit", "timeout"][n % 4]}')`,
	),
	small.map(
		(n) =>
			`insert into observatory.reviews (status, requested_at) select 'pending', now() - interval '1 h' from generate_series(0, ${n % 3})`,
	),
	small.map((n) => `insert into observatory.rollbacks (trigger) values ('${n % 2 ? "automatic" : "manual"}')`),
	small.map(
		(n) =>
			`insert into observatory.outcomes (kind, before, after) values ('${["test_pass_rate", "lint_errors", "accuracy", "unknown"][n % 4]}', ${(n % 9) / 8}, ${((7 * n) % 9) / 8})`,
	),
	small.map(
		(n) =>
			`insert into observatory.events (type) values ('${["improvement_deployed", "analysis_session_complete", "something"][n % 3]}')`,
	),
)

const updates: fc.Arbitrary<string> = fc.oneof(
	fc
		.tuple(small, small)
		.map(
			([n, by]) =>
				`update observatory.claude_sessions set input_tokens = input_tokens + ${by}, output_tokens = output_tokens + 1, cost_usd = cost_usd + ${by} * 0.25 where ${some("claude_sessions", "true", n)}`,
		),
	fc
		.tuple(small, fc.constantFrom("completed", "failed", "timeout", "emergency_stopped"))
		.map(
			([n, status]) =>
				`update observatory.claude_sessions set status = '${status}', ended_at = now() where ${some("claude_sessions", "status in ('running', 'paused')", n)}`,
		),
	small.map(
		(n) =>
			`update observatory.claude_sessions set status = 'paused' where ${some("claude_sessions", "status = 'running'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.improvements set status = 'validated', validated_at = now() where ${some("improvements", "status = 'proposed'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.improvements set status = 'deployed', deployed_at = now() where ${some("improvements", "status = 'validated'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.improvements set status = 'rolled_back', rolled_back_at = now() where ${some("improvements", "status = 'deployed'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.improvements set status = 'rejected' where ${some("improvements", "status = 'proposed'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.improvements set measured_at = now(), performance_change = ${n - 3} / 8.0, cost_savings_usd = ${n} where ${some("improvements", "status = 'deployed' and measured_at is null", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.reviews set status = '${n % 2 ? "approved" : "rejected"}', decided_at = now() where ${some("reviews", "status = 'pending'", n)}`,
	),
	small.map(
		(n) =>
			`update observatory.rollbacks set succeeded = ${n % 3 > 0}, finished_at = now() where ${some("rollbacks", "finished_at is null", n)}`,
	),
)

const collect = (who: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Step> =>
	fc.record({ does: fc.constant("collect" as const), who })

const plain: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			does: fc.constantFrom("begin" as const, "commit" as const, "rollback" as const),
			on: fc.integer({ min: 0, max: 2 }),
		}),
	},
	{ weight: 9, arbitrary: write(inserts) },
	{ weight: 7, arbitrary: write(updates) },
)

const who = fc.constantFrom([0], [1], [0, 1])

/** A random history: four connections, of which three have transactions; two exporters. */
export const history: fc.Arbitrary<Step[]> = fc.array(
	fc.oneof(
		{ weight: 14, arbitrary: plain },
		{ weight: 5, arbitrary: collect(who) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant("collect" as const), who, during: plain }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant("restart" as const), who: fc.constantFrom(0, 1) }) },
		{
			weight: 1,
			arbitrary: fc.record({
				does: fc.constant("retire" as const),
				table: fc.constantFrom(...TABLES),
				where: small.map((n) => `seq % 8 <= ${n}`),
			}),
		},
	),
	{ minLength: 10, maxLength: 60, size: "max" },
)

/** Every row that has ever been, living or retired: what the counters must agree with. */
export async function prepareRecount(database: ContractDatabase): Promise<void> {
	await database.run("create schema retired")
	for (const table of TABLES) {
		await database.run(`create table retired.${table} as select * from observatory.${table} with no data`)
		await database.run(
			`create view retired.all_${table} as select * from observatory.${table} union all select * from retired.${table}`,
		)
	}
}

export async function clear(database: ContractDatabase): Promise<void> {
	const own = [...TABLES, "readers", "totals", "tracked_rows", "counted_once"].map((table) => `observatory.${table}`)
	await database.run(
		`truncate ${[...own, ...TABLES.map((table) => `retired.${table}`)].join(", ")} restart identity cascade`,
	)
}

/** Deletes rows that no transaction has in its hands, keeping them for the recount. */
export const retire = (database: ContractDatabase, table: string, where: string): Promise<pg.QueryResult> =>
	database.run(
		`with gone as (delete from observatory.${table} where seq in (select seq from observatory.${table} where ${where} for update skip locked) returning *) insert into retired.${table} select * from gone`,
	)

const RECOUNT = `
select 'autonomous_sessions_started_total' as sample, count(*)::float8 as value from retired.all_claude_sessions
union all select 'autonomous_sessions_finished_total{outcome="' || status || '"}', count(*) from retired.all_claude_sessions where ended_at is not null group by status
union all select 'autonomous_session_duration_seconds_count', count(*) from retired.all_claude_sessions where ended_at is not null
union all select 'autonomous_sessions_active{status="' || status || '"}', count(*) from observatory.claude_sessions where ended_at is null group by status
union all select 'autonomous_session_tokens_total{type="input",model="' || left(model, 2) || '"}', sum(input_tokens) from retired.all_claude_sessions group by left(model, 2)
union all select 'autonomous_session_tokens_total{type="output",model="' || left(model, 2) || '"}', sum(output_tokens) from retired.all_claude_sessions group by left(model, 2)
union all select 'autonomous_session_cost_usd_total{model="' || left(model, 2) || '"}', sum(cost_usd) from retired.all_claude_sessions group by left(model, 2)
union all select 'autonomous_insights_total{category="' || category || '"}', count(*) from retired.all_insights where kind = 'insight' group by category
union all select 'autonomous_analysis_confidence_ratio_sum', coalesce(sum(confidence), 0) from retired.all_insights where kind = 'insight'
union all select 'autonomous_patterns_identified_total', count(*) from retired.all_insights where kind = 'pattern'
union all select 'autonomous_recommendations_total', count(*) from retired.all_recommendations
union all select 'autonomous_improvements_total{stage="proposed"}', count(*) from retired.all_improvements
union all select 'autonomous_improvements_total{stage="validated"}', count(validated_at) from retired.all_improvements
union all select 'autonomous_improvements_total{stage="deployed"}', count(deployed_at) from retired.all_improvements
union all select 'autonomous_improvements_total{stage="rolled_back"}', count(rolled_back_at) from retired.all_improvements
union all select 'autonomous_improvements_measured_total', count(measured_at) from retired.all_improvements
union all select 'autonomous_improvement_performance_change_ratio_total{direction="gain"}', coalesce(sum(greatest(performance_change, 0)), 0) from retired.all_improvements
union all select 'autonomous_improvement_performance_change_ratio_total{direction="regression"}', coalesce(sum(-least(performance_change, 0)), 0) from retired.all_improvements
union all select 'autonomous_improvement_cost_savings_usd_total', coalesce(sum(cost_savings_usd), 0) from retired.all_improvements
union all select 'autonomous_violations_total{kind="' || kind || '"}', count(*) from retired.all_violations group by kind
union all select 'autonomous_sessions_violating_total', count(distinct session_id) from retired.all_violations
union all select 'autonomous_reviews_pending', count(*) from observatory.reviews where status = 'pending'
union all select 'autonomous_reviews_decided_total{decision="' || status || '"}', count(*) from retired.all_reviews where status <> 'pending' group by status
union all select 'autonomous_review_duration_seconds_count', count(*) from retired.all_reviews where status <> 'pending'
union all select 'autonomous_rollbacks_total{trigger="' || trigger || '"}', count(*) from retired.all_rollbacks where finished_at is not null group by trigger
union all select 'autonomous_rollback_failures_total{trigger="' || trigger || '"}', count(*) from retired.all_rollbacks where not succeeded group by trigger
union all select 'autonomous_outcomes_total{kind="' || case kind when 'unknown' then 'other' else kind end || '"}', count(*) from retired.all_outcomes group by kind
union all select 'autonomous_test_pass_ratio_sum', coalesce(sum(after), 0) from retired.all_outcomes where kind = 'test_pass_rate'
union all select 'autonomous_lint_errors_total{moment="after"}', coalesce(sum(after), 0) from retired.all_outcomes where kind = 'lint_errors'
union all select 'autonomous_events_total{type="' || case type when 'something' then 'other' else type end || '"}', count(*) from retired.all_events group by type`

export async function recount(database: ContractDatabase): Promise<ReadonlyMap<string, number>> {
	const { rows } = await database.run(RECOUNT)
	return new Map(rows.map(({ sample, value }) => [sample, value]))
}
