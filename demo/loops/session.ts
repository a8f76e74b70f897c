import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api"
import type { CallRecord } from "../mcp/link.ts"
import type { McpDesk } from "../mcp/pool.ts"
import { addTurn, beginSession, endSession, markRunning, markStopped } from "../store/sessions.ts"
import { planFindings, planProposal } from "../work/findings.ts"
import { tokensOf } from "../work/models.ts"
import type { SessionPlan, Turn } from "../work/session-plan.ts"
import { dropNote, type Request, takeNote } from "../work/tool-calls.ts"
import type { World } from "../world.ts"

export interface SessionOrder {
	readonly id: string
	readonly plan: SessionPlan
	/** Whether what it finds leads to an improvement. */
	readonly improves: boolean
	readonly nextCall: (owner: string) => Request
}

/** One autonomous session from start to end: it thinks, calls tools, and writes down what it used and found. */
export async function runSession(world: World, order: SessionOrder): Promise<void> {
	const { store, clock, owned, tracer } = world
	const { id, plan } = order
	owned.add(id)
	const desk = world.mcp.desk()
	const span = tracer.startSpan("claude.session", {
		kind: SpanKind.INTERNAL,
		attributes: { "claude.session_id": id, "claude.model": plan.model },
	})
	try {
		await store.once(`${id}:begin`, (tx) => beginSession(tx, id, plan.model, new Date(clock.now())))
		await store.once(`${id}:run`, (tx) => markRunning(tx, id, new Date(clock.now())))
		const finished = (await work(world, order, desk)) && (await finish(world, order))
		if (!finished) await store.once(`${id}:stopped`, (tx) => markStopped(tx, id, new Date(clock.now())))
		describe(span, plan, finished)
	} finally {
		span.end()
		owned.delete(id)
		await desk.close()
	}
}

/** Works through the plan; false when the session was stopped on the way. */
async function work(world: World, { id, plan, nextCall }: SessionOrder, desk: McpDesk): Promise<boolean> {
	for (const [number, turn] of plan.turns.entries()) {
		if ((await world.gate.pass({ session: id })) === "stop") return false
		await think(world, id, plan, turn)
		const first = number === 0 ? [takeNote(id)] : []
		const last = number === plan.turns.length - 1 ? [dropNote(id)] : []
		const requests = [...first, ...Array.from({ length: turn.calls }, () => nextCall(id)), ...last]
		const calls: CallRecord[] = []
		let stopped = false
		for (const request of requests) {
			stopped = (await world.gate.pass({ session: id })) === "stop"
			if (stopped) break
			calls.push(await desk.ask(request, id))
			await world.pace.wait(world.random.between(500, 2_500))
		}
		// What was used is written down even when a stop came in between: it has been paid for.
		await world.store.once(`${id}:turn:${number}`, (tx) => addTurn(tx, id, turn, calls, new Date(world.clock.now())))
		if (stopped) return false
	}
	return true
}

/** The model's share of a turn, with its token usage on a span of its own. */
async function think({ tracer, pace }: World, id: string, plan: SessionPlan, turn: Turn): Promise<void> {
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
	} finally {
		span.end()
	}
}

/** Ends the session as planned; false when it was stopped instead. One that is paused at the last moment waits. */
async function finish(world: World, { id, plan, improves }: SessionOrder): Promise<boolean> {
	const { store, clock, random } = world
	const completed = plan.outcome === "completed"
	const findings = completed ? planFindings(random) : []
	const proposal = completed && improves ? planProposal(random) : undefined
	for (let attempt = 0; (await world.gate.pass({ session: id })) === "go"; attempt++) {
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
