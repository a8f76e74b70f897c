import type { DemoContext } from "../context.ts"
import type { CallRecord, ConnectionRecord } from "../mcp/link.ts"
import { beginRun, beginTask, finishRun, finishTask } from "../store/evaluations.ts"
import { planObservation, planRun, type TaskPlan } from "../work/evaluation-plan.ts"
import { cadence } from "../work/random.ts"
import { createEntity, deleteEntity, planCall } from "../work/tool-calls.ts"

const MINUTE = 60_000

/** Runs a small evaluation every few minutes; it waits during a pause or an emergency stop. */
export async function evaluationLoop(ctx: DemoContext, pid: number): Promise<void> {
	const { store, clock, pace, random } = ctx
	const fails = cadence(random, 18, 28)
	await pace.wait(10_000)
	for (;;) {
		await ctx.gate.pass("new session")
		const plan = planRun(random, fails)
		const key = `evaluation:${clock.now()}:${random.int(0, 1e9)}`
		const run = await store.once(`${key}:begin`, (tx) => beginRun(tx, plan, pid, new Date(clock.now())))
		let stopped = false
		for (const [number, task] of plan.tasks.entries()) {
			stopped = !(await evaluate(ctx, `${key}:${number}`, run.runId, task))
			if (stopped) break
		}
		const seen = stopped ? undefined : planObservation(random)
		const outcome = stopped ? "failed" : "completed"
		await store.once(`${key}:end`, (tx) => finishRun(tx, run, outcome, seen, new Date(clock.now())))
		await pace.wait(random.between(5 * MINUTE, 8 * MINUTE))
	}
}

/** Works on one task; false when an emergency stop ended it. */
async function evaluate(ctx: DemoContext, key: string, runId: number, plan: TaskPlan): Promise<boolean> {
	const { store, clock, pace, random } = ctx
	const connections: ConnectionRecord[] = []
	const client = ctx.mcp.openClient((record) => connections.push(record))
	try {
		const startedAt = new Date(clock.now())
		const taskId = await store.once(`${key}:begin`, (tx) => beginTask(tx, runId, plan, startedAt))
		const owner = `demo-task-${taskId}`
		const requests = [
			createEntity(owner),
			...Array.from({ length: plan.calls }, () => planCall(random, owner)),
			deleteEntity(owner),
		]
		const calls: CallRecord[] = []
		let stopped = false
		for (const request of requests) {
			stopped = (await ctx.gate.pass("evaluation")) === "stop"
			if (stopped) break
			calls.push(await client.ask(request, String(taskId)))
			await pace.wait(random.between(1_000, 4_000))
		}
		const finishedAt = new Date(clock.now())
		const result = { ...plan, passes: plan.passes && !stopped }
		const record = { runId, taskId, plan: result, startedAt, finishedAt, calls, connections }
		await store.once(`${key}:end`, (tx) => finishTask(tx, record))
		return !stopped
	} finally {
		await client.close()
	}
}
