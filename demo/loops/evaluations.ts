import type { CallRecord, ConnectionRecord } from "../mcp/link.ts"
import { beginRun, beginTask, finishRun, finishTask } from "../store/evaluations.ts"
import { planObservation, planRun, type TaskPlan } from "../work/evaluation-plan.ts"
import { cadence } from "../work/random.ts"
import { dropNote, planCall, takeNote } from "../work/tool-calls.ts"
import type { World } from "../world.ts"

const MINUTE = 60_000

/** Runs small evaluations, one every few minutes; they wait while a pause or an emergency stop stands. */
export async function evaluationLoop(world: World, pid: number): Promise<void> {
	const { store, clock, pace, random } = world
	const fails = cadence(random, 18, 28)
	await pace.wait(10_000)
	for (;;) {
		await world.gate.pass("newcomer")
		const plan = planRun(random, fails)
		const key = `evaluation:${clock.now()}:${random.int(0, 1e9)}`
		const run = await store.once(`${key}:begin`, (tx) => beginRun(tx, plan, pid, new Date(clock.now())))
		let stopped = false
		for (const [number, task] of plan.tasks.entries()) {
			stopped = !(await evaluate(world, `${key}:${number}`, run.runId, task))
			if (stopped) break
		}
		const seen = stopped ? undefined : planObservation(random)
		const outcome = stopped ? "failed" : "completed"
		await store.once(`${key}:end`, (tx) => finishRun(tx, run, outcome, seen, new Date(clock.now())))
		await pace.wait(random.between(5 * MINUTE, 8 * MINUTE))
	}
}

/** Works on one task; false when an emergency stop ended it. */
async function evaluate(world: World, key: string, runId: number, plan: TaskPlan): Promise<boolean> {
	const { store, clock, pace, random } = world
	const connections: ConnectionRecord[] = []
	const desk = world.mcp.desk((record) => connections.push(record))
	try {
		const startedAt = new Date(clock.now())
		const taskId = await store.once(`${key}:begin`, (tx) => beginTask(tx, runId, plan, startedAt))
		const owner = `demo-task-${taskId}`
		const requests = [
			takeNote(owner),
			...Array.from({ length: plan.calls }, () => planCall(random, owner)),
			dropNote(owner),
		]
		const calls: CallRecord[] = []
		let stopped = false
		for (const request of requests) {
			stopped = (await world.gate.pass("evaluation")) === "stop"
			if (stopped) break
			calls.push(await desk.ask(request, String(taskId)))
			await pace.wait(random.between(1_000, 4_000))
		}
		const finishedAt = new Date(clock.now())
		const result = { ...plan, passes: plan.passes && !stopped }
		const record = { runId, taskId, plan: result, startedAt, finishedAt, calls, connections }
		await store.once(`${key}:end`, (tx) => finishTask(tx, record))
		return !stopped
	} finally {
		await desk.close()
	}
}
