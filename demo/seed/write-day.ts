import {
	claudeSessions,
	events,
	improvements,
	insights,
	mcpCalls,
	outcomes,
	recommendations,
	reviews,
	rollbacks,
	violations,
} from "../../core/db/schema/index.ts"
import { beginRun, beginTask, finishRun, finishTask } from "../store/evaluations.ts"
import { callRow } from "../store/sessions.ts"
import type { Tx } from "../store/store.ts"
import type { Day, PastRun, PastSession } from "./day.ts"
import { pastSteps } from "./steps.ts"

/** Writes a day of history. Call it in one transaction. */
export async function writeDay(tx: Tx, { sessions, runs }: Day, source: string): Promise<void> {
	await tx.insert(claudeSessions).values(sessions.map((session) => sessionRow(session, source)))
	await tx.insert(mcpCalls).values(sessions.flatMap(({ id, calls }) => calls.map((call) => callRow(id, call))))
	const found = sessions.flatMap(({ id, findings, endedAt }) =>
		findings.map((finding) => ({ ...finding, sessionId: id, createdAt: endedAt })),
	)
	if (found.length > 0) await tx.insert(insights).values(found)
	const completed = sessions.filter(({ plan }) => plan.outcome === "completed")
	await tx.insert(events).values(
		completed.map(({ id, endedAt, findings }) => ({
			type: "analysis_session_complete",
			sessionId: id,
			details: { source, findings: findings.length },
			createdAt: endedAt,
		})),
	)
	const broken = sessions.flatMap(({ id, violation, startedAt }) =>
		violation === undefined ? [] : [{ sessionId: id, kind: violation, details: { source }, detectedAt: startedAt }],
	)
	if (broken.length > 0) await tx.insert(violations).values(broken)
	for (const session of sessions) await writeImprovement(tx, session, source)
	for (const run of runs) await writeRun(tx, run)
}

function sessionRow({ id, plan, startedAt, endedAt }: PastSession, source: string) {
	const sum = (pick: (turn: (typeof plan.turns)[number]) => number) =>
		plan.turns.reduce((total, turn) => total + pick(turn), 0)
	return {
		id,
		source,
		status: plan.outcome,
		model: plan.model,
		startedAt,
		endedAt,
		inputTokens: sum(({ usage }) => usage.input),
		outputTokens: sum(({ usage }) => usage.output),
		cacheReadTokens: sum(({ usage }) => usage.cacheRead),
		cacheCreationTokens: sum(({ usage }) => usage.cacheCreation),
		costUsd: Number(sum(({ costUsd }) => costUsd).toFixed(6)),
		turns: plan.turns.length,
		error: plan.error,
		updatedAt: endedAt,
	}
}

async function writeImprovement(tx: Tx, { id, proposal, path, endedAt }: PastSession, source: string): Promise<void> {
	if (proposal === undefined || path === undefined) return
	const { status, at, rollback } = pastSteps(path, endedAt)
	await tx.insert(recommendations).values({
		sessionId: id,
		type: proposal.type,
		confidence: proposal.confidence,
		status: "applied",
		createdAt: endedAt,
		decidedAt: endedAt,
	})
	const [row] = await tx
		.insert(improvements)
		.values({
			sessionId: id,
			title: proposal.title,
			status,
			proposedAt: endedAt,
			validatedAt: at.validated,
			deployedAt: at.deployed,
			measuredAt: at.measured,
			rolledBackAt: at.rolledBack,
			...(at.measured === null
				? {}
				: { performanceChange: path.performanceChange, costSavingsUsd: path.costSavingsUsd }),
		})
		.returning({ seq: improvements.seq })
	const improvementSeq = row?.seq ?? null
	await tx.insert(reviews).values({
		improvementSeq,
		status: path.approved ? "approved" : "rejected",
		reviewer: path.reviewer,
		requestedAt: endedAt,
		decidedAt: at.decided,
	})
	const { measured } = at
	if (measured !== null)
		await tx.insert(outcomes).values(path.outcomes.map((outcome) => ({ ...outcome, measuredAt: measured })))
	if (rollback !== undefined) await tx.insert(rollbacks).values({ improvementSeq, ...rollback })
	const happened = [
		["improvement_proposed", endedAt],
		["improvement_validated", at.validated],
		["improvement_deployed", at.deployed],
		["improvement_rolled_back", at.rolledBack],
	] as const
	await tx
		.insert(events)
		.values(
			happened.flatMap(([type, when]) =>
				when === null
					? []
					: [{ type, sessionId: id, details: { source, improvement: improvementSeq }, createdAt: when }],
			),
		)
}

async function writeRun(tx: Tx, { plan, at, calls, seen }: PastRun): Promise<void> {
	const run = await beginRun(tx, plan, 1, at)
	let startedAt = at
	for (const task of plan.tasks) {
		const taskId = await beginTask(tx, run.runId, task, startedAt)
		const finishedAt = new Date(startedAt.getTime() + 45_000)
		await finishTask(tx, { runId: run.runId, taskId, plan: task, startedAt, finishedAt, calls, connections: [] })
		startedAt = finishedAt
	}
	await finishRun(tx, run, "completed", seen, startedAt)
}
