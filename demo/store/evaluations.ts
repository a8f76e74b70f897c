import { sql } from "drizzle-orm"
import type { CallRecord, ConnectionRecord } from "../mcp/link.ts"
import { MCP_SOURCE, MCP_TIMEOUT_MS } from "../mcp/spans.ts"
import type { Observation, RunPlan, TaskPlan } from "../work/evaluation-plan.ts"
import { insertEvals, utc } from "./evals-insert.ts"
import type { Tx } from "./store.ts"

export interface OpenRun {
	readonly [key: string]: number
	readonly runId: number
	readonly observerId: number
}

export async function beginRun(tx: Tx, plan: RunPlan, pid: number, at: Date): Promise<OpenRun> {
	const [runId = 0] = await insertEvals(tx, "runs", [
		{ model: plan.model, mcp_server: "everything", pid, concurrency: 1, created_at: at },
	])
	const [observerId = 0] = await insertEvals(tx, "ai_observer_sessions", [
		{ run_id: runId, observer_level: "full", steering_mode: "suggest", started_at: at, status: "active" },
	])
	return { runId, observerId }
}

export async function beginTask(tx: Tx, runId: number, { language, exercise }: TaskPlan, at: Date): Promise<number> {
	const [taskId = 0] = await insertEvals(tx, "tasks", [
		{ run_id: runId, language, exercise, started_at: at, created_at: at },
	])
	return taskId
}

export interface TaskRecord {
	readonly runId: number
	readonly taskId: number
	readonly plan: TaskPlan
	readonly startedAt: Date
	readonly finishedAt: Date
	readonly calls: readonly CallRecord[]
	readonly connections: readonly ConnectionRecord[]
}

/** Records a finished task: metrics, result, benchmark, and every call, connection and resource read. */
export async function finishTask(tx: Tx, task: TaskRecord): Promise<null> {
	const { runId, taskId, plan, finishedAt: at } = task
	const key = { run_id: runId, task_id: taskId }
	const [metricsId = 0] = await insertEvals(tx, "taskMetrics", [metricsRow(task)])
	await tx.execute(sql`update public.tasks
		set passed = ${plan.passes}, finished_at = ${utc(at)}::timestamp, task_metrics_id = ${metricsId}
		where id = ${taskId}`)
	await tx.execute(sql`update public.runs
		set passed = passed + ${plan.passes ? 1 : 0}, failed = failed + ${plan.passes ? 0 : 1} where id = ${runId}`)

	const failed = task.calls.filter((call) => call.error !== undefined)
	await insertEvals(
		tx,
		"toolErrors",
		failed.map((call) => ({ ...key, tool_name: "use_mcp_tool", error: call.error ?? "", created_at: call.at })),
	)
	await insertBenchmarks(tx, task)
	await insertEvals(
		tx,
		"mcp_connection_events",
		task.connections.map(({ server, transport, durationMs, error, at: when }) => ({
			...key,
			server_name: server,
			event_type: error === undefined ? "established" : "error",
			transport,
			duration_ms: durationMs,
			error_message: error ?? null,
			created_at: when,
		})),
	)
	await insertEvals(
		tx,
		"mcp_resource_events",
		task.calls.flatMap((call) =>
			call.request.kind === "resource"
				? [
						{
							...key,
							server_name: call.request.server,
							uri: call.request.uri,
							event_type: call.error === undefined ? "success" : "error",
							duration_ms: Math.round(call.durationMs),
							response_size: call.responseBytes,
							error_message: call.error ?? null,
							created_at: call.at,
						},
					]
				: [],
		),
	)
	return null
}

function metricsRow({ plan, startedAt, finishedAt, calls }: TaskRecord) {
	const failures = calls.filter((call) => call.error !== undefined).length
	return {
		tokens_in: plan.usage.input,
		tokens_out: plan.usage.output,
		tokens_context: plan.usage.input + plan.usage.cacheRead + plan.usage.cacheCreation,
		cache_writes: plan.usage.cacheCreation,
		cache_reads: plan.usage.cacheRead,
		cost: plan.costUsd,
		duration: Math.round(finishedAt.getTime() - startedAt.getTime()),
		tool_usage: { json: { use_mcp_tool: { attempts: calls.length, failures } } },
		created_at: finishedAt,
	}
}

/** One benchmark for each server that the task used, with its tool calls as steps. */
async function insertBenchmarks(tx: Tx, { runId, taskId, plan, calls, finishedAt }: TaskRecord): Promise<void> {
	const tools = calls.filter((call) => call.request.kind === "tool")
	for (const server of new Set(tools.map((call) => call.request.server))) {
		const steps = tools.filter((call) => call.request.server === server)
		const [benchmarkId = 0] = await insertEvals(tx, "mcp_retrieval_benchmarks", [
			{
				run_id: runId,
				task_id: taskId,
				mcp_server_name: server,
				user_intent: `solve ${plan.exercise} in ${plan.language}`,
				total_steps: steps.length,
				code_execution_success: plan.passes,
				error_count: steps.filter((call) => call.error !== undefined).length,
				created_at: finishedAt,
			},
		])
		await insertEvals(
			tx,
			"mcp_retrieval_calls",
			steps.map((call, index) => callRow(benchmarkId, index + 1, call)),
		)
	}
}

const callRow = (benchmarkId: number, step: number, call: CallRecord) => ({
	benchmark_id: benchmarkId,
	step_number: step,
	request: { json: call.request.kind === "tool" ? { tool: call.request.name, arguments: call.request.args } : {} },
	response: { json: call.response === undefined ? {} : { text: call.response.slice(0, 500) } },
	response_size: call.responseBytes,
	duration_ms: Math.round(call.durationMs),
	error_message: call.error ?? null,
	source: MCP_SOURCE,
	timeout_ms: MCP_TIMEOUT_MS,
	created_at: call.at,
})

/** Ends a run with its observation, and updates the observer session. */
export async function finishRun(
	tx: Tx,
	run: OpenRun,
	outcome: "completed" | "failed",
	seen: Observation | undefined,
	at: Date,
): Promise<null> {
	if (seen !== undefined) {
		await insertEvals(tx, "ai_insights", [
			{
				run_id: run.runId,
				category: seen.category,
				confidence: seen.confidence,
				severity: seen.anomaly ? "warning" : "info",
				detected_at: at,
			},
		])
		if (seen.anomaly)
			await insertEvals(tx, "ai_anomalies", [
				{
					run_id: run.runId,
					type: "performance",
					severity: "low",
					confidence: seen.confidence,
					detected_value: 2.4,
					expected_value: 1.1,
					threshold: 2,
					resolved: true,
					resolved_at: at,
					detected_at: at,
				},
			])
		if (seen.advice !== undefined)
			await insertEvals(tx, "ai_steering_recommendations", [
				{
					run_id: run.runId,
					type: seen.advice,
					priority: "medium",
					confidence: seen.confidence,
					status: "applied",
					applied_at: at,
					applied_by: "auto",
					outcome: "The next run used it",
					created_at: at,
				},
			])
	}
	await tx.execute(sql`update public.ai_observer_sessions
		set status = ${outcome}, ended_at = ${utc(at)}::timestamp, total_insights = ${seen === undefined ? 0 : 1},
			total_anomalies = ${seen?.anomaly ? 1 : 0}, total_recommendations = ${seen?.advice === undefined ? 0 : 1},
			average_confidence = ${seen?.confidence ?? null}
		where id = ${run.observerId}`)
	return null
}

/** Ends the demo's unfinished tasks and the observer sessions of its runs. */
export async function closeEvaluations(tx: Tx, passed: boolean): Promise<null> {
	const now = sql`(now() at time zone 'utc')`
	await tx.execute(sql`update public.tasks set passed = ${passed}, finished_at = ${now}
		where passed is null and exercise like 'demo/%'`)
	await tx.execute(sql`update public.ai_observer_sessions set status = ${passed ? "completed" : "failed"}, ended_at = ${now}
		where status = 'active' and run_id in (select run_id from public.tasks where exercise like 'demo/%')`)
	return null
}
