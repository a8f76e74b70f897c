import { and, eq, inArray, sql } from "drizzle-orm"
import { claudeSessions, events, insights, mcpCalls, recommendations } from "../../core/db/schema/index.ts"
import type { CallRecord } from "../mcp/link.ts"
import type { Finding, Proposal } from "../work/findings.ts"
import type { SessionPlan, Turn } from "../work/session-plan.ts"
import { proposeImprovement } from "./improvements.ts"
import type { Tx } from "./store.ts"

/** The `source` of every demo session. */
export const SOURCE = "demo"

/** Matches the session while it works, so that another person's stop or pause wins. */
const working = (id: string) =>
	and(eq(claudeSessions.id, id), inArray(claudeSessions.status, ["initializing", "running"]))

export async function beginSession(tx: Tx, id: string, model: string, at: Date): Promise<null> {
	await tx
		.insert(claudeSessions)
		.values({ id, source: SOURCE, status: "initializing", model, startedAt: at, updatedAt: at })
	return null
}

export async function markRunning(tx: Tx, id: string, at: Date): Promise<null> {
	await tx
		.update(claudeSessions)
		.set({ status: "running", updatedAt: at })
		.where(and(eq(claudeSessions.id, id), eq(claudeSessions.status, "initializing")))
	return null
}

/** Adds a turn's usage, whatever the session's state. */
export async function addTurn(tx: Tx, id: string, turn: Turn, calls: readonly CallRecord[], at: Date): Promise<null> {
	await tx
		.update(claudeSessions)
		.set({
			inputTokens: sql`${claudeSessions.inputTokens} + ${turn.usage.input}`,
			outputTokens: sql`${claudeSessions.outputTokens} + ${turn.usage.output}`,
			cacheReadTokens: sql`${claudeSessions.cacheReadTokens} + ${turn.usage.cacheRead}`,
			cacheCreationTokens: sql`${claudeSessions.cacheCreationTokens} + ${turn.usage.cacheCreation}`,
			costUsd: sql`${claudeSessions.costUsd} + ${turn.costUsd}`,
			turns: sql`coalesce(${claudeSessions.turns}, 0) + 1`,
			updatedAt: at,
		})
		.where(eq(claudeSessions.id, id))
	if (calls.length > 0) await tx.insert(mcpCalls).values(calls.map((call) => callRow(id, call)))
	return null
}

/** The call's row for `observatory.mcp_calls`; a resource read has no tool. */
export const callRow = (sessionId: string, { request, at, durationMs, responseBytes, error }: CallRecord) => ({
	sessionId,
	server: request.server,
	tool: request.kind === "tool" ? request.name : null,
	durationSeconds: durationMs / 1_000,
	responseBytes,
	error: error ?? null,
	createdAt: at,
})

/** Ends a session as planned. Returns false and writes nothing if it was ended or paused before. */
export async function endSession(
	tx: Tx,
	id: string,
	{ outcome, error }: SessionPlan,
	findings: readonly Finding[],
	proposal: Proposal | undefined,
	at: Date,
): Promise<boolean> {
	const ended = await tx
		.update(claudeSessions)
		.set({ status: outcome, error, endedAt: at, updatedAt: at })
		.where(working(id))
		.returning({ id: claudeSessions.id })
	if (ended.length === 0) return false
	if (outcome !== "completed") return true
	if (findings.length > 0)
		await tx.insert(insights).values(findings.map((finding) => ({ ...finding, sessionId: id, createdAt: at })))
	await tx.insert(events).values({
		type: "analysis_session_complete",
		sessionId: id,
		details: { source: SOURCE, findings: findings.length },
		createdAt: at,
	})
	if (proposal === undefined) return true
	await tx.insert(recommendations).values({
		sessionId: id,
		type: proposal.type,
		confidence: proposal.confidence,
		status: "applied",
		createdAt: at,
		decidedAt: at,
	})
	await proposeImprovement(tx, id, proposal.title, at)
	return true
}

/** Ends a session for an emergency stop that has not updated its row. */
export async function markStopped(tx: Tx, id: string, at: Date): Promise<null> {
	await tx
		.update(claudeSessions)
		.set({ status: "emergency_stopped", endedAt: at, updatedAt: at })
		.where(and(eq(claudeSessions.id, id), inArray(claudeSessions.status, ["initializing", "running", "paused"])))
	return null
}

/** Ends demo sessions that this process does not own. Paused ones stay paused. */
export async function closeSessions(
	tx: Tx,
	owned: readonly string[],
	outcome: "completed" | "failed",
): Promise<number> {
	const closed = await tx
		.update(claudeSessions)
		.set({
			status: outcome,
			error: outcome === "failed" ? "The process that worked on it has ended" : null,
			endedAt: sql`greatest(${claudeSessions.updatedAt}, ${claudeSessions.startedAt})`,
			updatedAt: sql`now()`,
		})
		.where(
			and(
				eq(claudeSessions.source, SOURCE),
				inArray(claudeSessions.status, ["initializing", "running"]),
				owned.length === 0 ? sql`true` : sql`${claudeSessions.id} <> all (${sql.param([...owned])}::text[])`,
			),
		)
		.returning({ id: claudeSessions.id })
	return closed.length
}
