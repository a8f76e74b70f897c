import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api"
import type { DemoContext } from "../context.ts"
import type { CallRecord } from "../mcp/link.ts"
import type { SessionClient } from "../mcp/pool.ts"
import { addTurn, beginSession, endSession, markRunning, markStopped } from "../store/sessions.ts"
import { planFindings, planProposal } from "../work/findings.ts"
import { tokensOf } from "../work/models.ts"
import type { SessionPlan, Turn } from "../work/session-plan.ts"
import { createEntity, deleteEntity, type Request } from "../work/tool-calls.ts"

export interface SessionTask {
	readonly id: string
	readonly plan: SessionPlan
	/** Whether its findings lead to an improvement. */
	readonly improves: boolean
	readonly nextCall: (owner: string) => Request
}

/** One autonomous session from start to end: it thinks, calls tools, and records its usage and findings. */
export async function runSession(ctx: DemoContext, task: SessionTask): Promise<void> {
	const { store, clock, owned, tracer } = ctx
	const { id, plan } = task
	owned.add(id)
	const client = ctx.mcp.openClient()
	const span = tracer.startSpan("claude.session", {
		kind: SpanKind.INTERNAL,
		attributes: { "claude.session_id": id, "claude.model": plan.model },
	})
	try {
		await store.once(`${id}:begin`, (tx) => beginSession(tx, id, plan.model, new Date(clock.now())))
		ctx.claudeCode.sessionStarted()
		await store.once(`${id}:run`, (tx) => markRunning(tx, id, new Date(clock.now())))
		const finished = (await work(ctx, task, client)) && (await finish(ctx, task))
		if (!finished) await store.once(`${id}:stopped`, (tx) => markStopped(tx, id, new Date(clock.now())))
		if (finished) ctx.claudeCode.sessionEnded(plan)
		describe(span, plan, finished)
	} finally {
		span.end()
		owned.delete(id)
		await client.close()
	}
}

/** Works through the plan; false when the session is stopped before its end. */
async function work(ctx: DemoContext, { id, plan, nextCall }: SessionTask, client: SessionClient): Promise<boolean> {
	for (const [number, turn] of plan.turns.entries()) {
		if ((await ctx.gate.pass({ session: id })) === "stop") return false
		await think(ctx, id, plan, turn)
		const first = number === 0 ? [createEntity(id)] : []
		const last = number === plan.turns.length - 1 ? [deleteEntity(id)] : []
		const requests = [...first, ...Array.from({ length: turn.calls }, () => nextCall(id)), ...last]
		const calls: CallRecord[] = []
		let stopped = false
		for (const request of requests) {
			stopped = (await ctx.gate.pass({ session: id })) === "stop"
			if (stopped) break
			calls.push(await client.ask(request, id))
			await ctx.pace.wait(ctx.random.between(500, 2_500))
		}
		// Usage is recorded even after a stop: it has been paid for.
		await ctx.store.once(`${id}:turn:${number}`, (tx) => addTurn(tx, id, turn, calls, new Date(ctx.clock.now())))
		if (stopped) return false
	}
	return true
}

/** The model's share of a turn, with its token usage on a span of its own. */
async function think(
	{ tracer, pace, claudeCode }: DemoContext,
	id: string,
	plan: SessionPlan,
	turn: Turn,
): Promise<void> {
	const span = tracer.startSpan("claude.turn", {
		kind: SpanKind.CLIENT,
		attributes: { "claude.session_id": id, "claude.model": plan.model },
	})
	try {
		await pace.wait(turn.thinkMs)
		span.setAttributes({
			"claude.token_usage": tokensOf(turn.usage),
			"claude.input_tokens": turn.usage.input,
			"claude.output_tokens": turn.usage.output,
			"claude.cost_usd": turn.costUsd,
		})
		span.setStatus({ code: SpanStatusCode.OK })
		claudeCode.turnEnded(plan, turn)
	} finally {
		span.end()
	}
}

/** Ends the session as planned; false when it is stopped first. A session that is paused at its end waits. */
async function finish(ctx: DemoContext, { id, plan, improves }: SessionTask): Promise<boolean> {
	const { store, clock, random } = ctx
	const completed = plan.outcome === "completed"
	const findings = completed ? planFindings(random) : []
	const proposal = completed && improves ? planProposal(random) : undefined
	for (let attempt = 0; (await ctx.gate.pass({ session: id })) === "go"; attempt++) {
		const at = new Date(clock.now())
		if (await store.once(`${id}:end:${attempt}`, (tx) => endSession(tx, id, plan, findings, proposal, at))) return true
	}
	return false
}

function describe(span: Span, plan: SessionPlan, finished: boolean): void {
	// The turns carry the tokens; repeating their sum here would count them twice.
	if (finished && plan.outcome === "completed") span.setStatus({ code: SpanStatusCode.OK })
	else span.setStatus({ code: SpanStatusCode.ERROR, message: finished ? (plan.error ?? plan.outcome) : "stopped" })
}
