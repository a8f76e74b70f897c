import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { installContract } from "../../core/db/contract/install.ts"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { type TestExporter, testExporter } from "../support/exporter.ts"

describe("the evaluation system's tables, read as they are", () => {
	let database: ContractDatabase
	let exporter: TestExporter

	beforeAll(async () => {
		database = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		exporter = testExporter(database.url)
		await database.run(`
			insert into runs (model) values ('claude-opus-4-8[1m]'), ('claude-haiku-4-5');
			insert into "taskMetrics" (tokens_in, tokens_out, cache_writes, cache_reads, cost)
				values (100, 10, 5, 50, 0.25), (200, 20, 6, 60, 0.5), (1, 2, 3, 4, 0.125), (301, 32, 14, 114, 0.875);
			insert into tasks (run_id, task_metrics_id, language, exercise, passed, started_at, finished_at) values
				(1, 1, 'go', 'a', true, '2026-01-01 10:00', '2026-01-01 10:00:40'),
				(1, 2, 'go', 'b', false, '2026-01-01 10:00', '2026-01-01 10:01:40'),
				(2, 3, 'go', 'a', null, '2026-01-01 10:00', null);
			insert into ai_observer_sessions (run_id, observer_level, started_at, ended_at, status) values
				(1, 'full', '2026-01-01 10:00', '2026-01-01 10:05', 'completed'),
				(1, 'basic', '2026-01-01 10:01', '2026-01-01 10:06', 'failed'),
				(2, 'full', (now() at time zone 'UTC') - interval '1 minute', null, 'active');
			insert into ai_insights (run_id, category, confidence, severity) values (1, 'quality', 0.5, 'info'), (1, 'quality', 0.75, 'info');
			insert into ai_anomalies (run_id, type, confidence) values (1, 'error', 0.9);
			insert into ai_steering_recommendations (run_id, type, confidence) values (1, 'pause_task', 0.7);
			insert into mcp_retrieval_benchmarks (run_id, task_id, mcp_server_name, total_steps, code_execution_success, error_count)
				values (1, 1, 'exa', 4, true, 1), (1, 2, 'exa', 2, false, 2), (1, 2, 'exa', 3, null, 0);
			insert into mcp_retrieval_calls (benchmark_id, response_size, duration_ms, error_message) values
				(1, 9, 30, null), (1, 9, 1500, null), (2, 9, null, 'refused'), (99, 9, 10, null);
		`)
		await exporter.collect()
	})

	afterAll(async () => {
		await exporter.close()
		await database.close()
	})

	it("counts the tokens and cost of a run once, at its first session, under the model's plain name", async () => {
		const samples = await exporter.samples()
		expect(samples.get('autonomous_session_tokens_total{type="input",model="claude-opus-4-8"}')).toBe(300)
		expect(samples.get('autonomous_session_tokens_total{type="output",model="claude-opus-4-8"}')).toBe(30)
		expect(samples.get('autonomous_session_tokens_total{type="cache_read",model="claude-opus-4-8"}')).toBe(110)
		expect(samples.get('autonomous_session_tokens_total{type="cache_creation",model="claude-opus-4-8"}')).toBe(11)
		expect(samples.get('autonomous_session_cost_usd_total{model="claude-opus-4-8"}')).toBe(0.75)
		expect(samples.get('autonomous_session_cost_usd_total{model="claude-haiku-4-5"}')).toBe(0.125)
	})

	it("counts sessions by how they ended, and the ones at work", async () => {
		const samples = await exporter.samples()
		expect(samples.get("autonomous_sessions_started_total")).toBe(3)
		expect(samples.get('autonomous_sessions_finished_total{outcome="completed"}')).toBe(1)
		expect(samples.get('autonomous_sessions_finished_total{outcome="failed"}')).toBe(1)
		expect(samples.get('autonomous_sessions_active{status="running"}')).toBe(1)
		expect(samples.get("autonomous_session_duration_seconds_sum")).toBe(600)
	})

	it("counts insights, anomalies as patterns, recommendations, and what was measured", async () => {
		const samples = await exporter.samples()
		expect(samples.get('autonomous_insights_total{category="quality"}')).toBe(2)
		expect(samples.get("autonomous_analysis_confidence_ratio_sum")).toBe(1.25)
		expect(samples.get("autonomous_patterns_identified_total")).toBe(1)
		expect(samples.get("autonomous_recommendations_total")).toBe(1)
		expect(samples.get("autonomous_test_pass_ratio_sum")).toBe(1)
		expect(samples.get("autonomous_test_pass_ratio_count")).toBe(2)
		expect(samples.get("autonomous_task_duration_seconds_sum")).toBe(140)
		expect(samples.get("autonomous_query_efficiency_ratio_sum")).toBe(0.25)
		expect(samples.get("autonomous_query_efficiency_ratio_count")).toBe(2)
		expect(samples.get("autonomous_task_error_ratio_sum")).toBe(1.25)
	})

	it("counts the MCP calls that were written down, their failures and durations, in series of their own", async () => {
		const samples = await exporter.samples()
		const calls = [...samples].filter(([name]) => /^autonomous_mcp_recorded_.*(_total|_sum|_count)\{/.test(name))
		expect(Object.fromEntries(calls)).toEqual({
			'autonomous_mcp_recorded_calls_total{server="exa",tool="unknown"}': 3,
			'autonomous_mcp_recorded_calls_total{server="unknown",tool="unknown"}': 1,
			'autonomous_mcp_recorded_call_errors_total{server="exa",tool="unknown"}': 1,
			'autonomous_mcp_recorded_call_duration_seconds_count{server="exa",tool="unknown"}': 2,
			'autonomous_mcp_recorded_call_duration_seconds_sum{server="exa",tool="unknown"}': 1.53,
			'autonomous_mcp_recorded_call_duration_seconds_count{server="unknown",tool="unknown"}': 1,
			'autonomous_mcp_recorded_call_duration_seconds_sum{server="unknown",tool="unknown"}': 0.01,
		})
		expect([...samples.keys()].filter((name) => name.startsWith("autonomous_mcp_request"))).toEqual([])
	})

	it("counts the usage of a run that no session observes, once and when none can come any more, but no session", async () => {
		const [started, active] = ["autonomous_sessions_started_total", 'autonomous_sessions_active{status="running"}']
		const before = await exporter.samples()
		await database.run(`
			insert into runs (model, created_at) values ('alone', now() at time zone 'UTC');
			insert into "taskMetrics" (tokens_in, tokens_out, cache_writes, cache_reads, cost) values
				(5000000, 1, 0, 0, 98), (1, 1, 0, 0, 'NaN'), (1, 1, 0, 0, 1);
			insert into tasks (run_id, task_metrics_id, language, exercise) values (3, 5, 'go', 'x'), (3, 6, 'go', 'y'), (3, 7, 'go', 'z');
		`)
		await exporter.collect()
		expect(await exporter.value('autonomous_session_tokens_total{type="input",model="alone"}')).toBeUndefined()
		await database.run("update runs set created_at = now() at time zone 'UTC' - interval '6 minutes' where id = 3")
		await exporter.collect()
		const counted = {
			'autonomous_session_tokens_total{type="input",model="alone"}': 5_000_002,
			'autonomous_session_cost_usd_total{model="alone"}': 99,
			'observatory_contract_values_refused_total{view="sessions",reason="not_finite"}': 1,
		}
		expect(Object.fromEntries(await exporter.samples())).toMatchObject(counted)
		// A session that comes later has nothing left to count.
		await database.run("insert into ai_observer_sessions (run_id, observer_level) values (3, 'full')")
		await exporter.collect()
		await exporter.collect()
		const after = await exporter.samples()
		expect(Object.fromEntries(after)).toMatchObject(counted)
		expect([after.get(started), after.get(active)]).toEqual([
			(before.get(started) ?? 0) + 1,
			(before.get(active) ?? 0) + 1,
		])
		await database.run("delete from ai_observer_sessions where run_id = 3")
	})

	it("follows an active session: its growing tokens, its end, and the test of its task", async () => {
		await database.run(`
			update "taskMetrics" set tokens_in = 11, cost = 0.375 where id = 3;
			update tasks set passed = true, finished_at = '2026-01-01 10:00:10' where id = 3;
			update ai_observer_sessions set status = 'completed', ended_at = now() at time zone 'UTC' where id = 3;
		`)
		await exporter.collect()
		const samples = await exporter.samples()
		expect(samples.get('autonomous_session_tokens_total{type="input",model="claude-haiku-4-5"}')).toBe(11)
		expect(samples.get('autonomous_session_cost_usd_total{model="claude-haiku-4-5"}')).toBe(0.375)
		expect(samples.get('autonomous_sessions_finished_total{outcome="completed"}')).toBe(2)
		expect(samples.get('autonomous_sessions_active{status="running"}')).toBe(0)
		expect(samples.get("autonomous_test_pass_ratio_sum")).toBe(2)
		expect(samples.get("autonomous_task_duration_seconds_sum")).toBe(150)
	})

	it("counts tokens that arrive shortly after the session's end", async () => {
		await database.run('update "taskMetrics" set tokens_in = 20 where id = 3')
		await exporter.collect()
		expect(await exporter.value('autonomous_session_tokens_total{type="input",model="claude-haiku-4-5"}')).toBe(20)
	})
})

describe("installing the contract", () => {
	it("adds the evals tables when they appear later, and otherwise changes nothing", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		expect(await installContract(database.pool)).toBe(false)
		await database.run(EVALS_TABLES)
		await database.run(
			"insert into ai_insights (run_id, category, confidence, severity) values (1, 'quality', 0.5, 'info')",
		)
		expect((await database.run("select * from contract.insights")).rows).toEqual([])
		expect(await Promise.all([1, 2, 3].map(() => installContract(database.pool)))).toHaveLength(3)
		expect((await database.run("select provider, seq, category from contract.insights")).rows).toEqual([
			{ provider: "evals", seq: "1", category: "quality" },
		])
		await database.close()
	})

	it("does not change views of another owner", async () => {
		const mine =
			"create schema contract; create view contract.events as select 'mine' as provider, 1 as seq, 'x' as type"
		const database = await contractDatabase(inject("postgresUrl"), mine)
		expect((await database.run("select * from contract.events")).rows).toEqual([
			{ provider: "mine", seq: 1, type: "x" },
		])
		expect((await database.run("select to_regclass('contract.sessions') as sessions")).rows).toEqual([
			{ sessions: null },
		])
		await database.close()
	})

	it("omits a table that lacks a column, and keeps the others", async () => {
		const database = await contractDatabase(
			inject("postgresUrl"),
			`${EVALS_TABLES}; alter table ai_insights drop column confidence`,
		)
		await database.run("insert into ai_anomalies (run_id, type, confidence) values (1, 'error', 0.9)")
		expect((await database.run("select provider, kind from contract.insights")).rows).toEqual([
			{ provider: "evals_anomalies", kind: "pattern" },
		])
		await database.close()
	})
})
