import { eq } from "drizzle-orm"
import { events, improvements, outcomes, reviews, rollbacks } from "../../core/db/schema/index.ts"
import type { ImprovementPath } from "../work/improvement-path.ts"
import type { Tx } from "./store.ts"

const record = (tx: Tx, type: string, improvement: number, sessionId: string | null, at: Date) =>
	tx.insert(events).values({ type, sessionId, details: { source: "demo", improvement }, createdAt: at })

/** Adds an improvement with a pending review; returns its row number. */
export async function proposeImprovement(tx: Tx, sessionId: string, title: string, at: Date): Promise<number> {
	const [row] = await tx
		.insert(improvements)
		.values({ sessionId, title, status: "proposed", proposedAt: at })
		.returning({ seq: improvements.seq })
	const seq = row?.seq ?? 0
	await tx.insert(reviews).values({ improvementSeq: seq, status: "pending", requestedAt: at })
	await record(tx, "improvement_proposed", seq, sessionId, at)
	return seq
}

/** The columns that a step of an improvement needs. */
export interface ImprovementRow {
	readonly seq: number
	readonly sessionId: string | null
}

export async function decideReview(tx: Tx, row: ImprovementRow, path: ImprovementPath, at: Date): Promise<null> {
	await tx
		.update(reviews)
		.set({ status: path.approved ? "approved" : "rejected", reviewer: path.reviewer, decidedAt: at })
		.where(eq(reviews.improvementSeq, row.seq))
	await tx
		.update(improvements)
		.set(path.approved ? { status: "validated", validatedAt: at } : { status: "rejected" })
		.where(eq(improvements.seq, row.seq))
	if (path.approved) await record(tx, "improvement_validated", row.seq, row.sessionId, at)
	return null
}

export async function deploy(tx: Tx, row: ImprovementRow, at: Date): Promise<null> {
	await tx.update(improvements).set({ status: "deployed", deployedAt: at }).where(eq(improvements.seq, row.seq))
	await record(tx, "improvement_deployed", row.seq, row.sessionId, at)
	return null
}

/** Records the measured outcome of a deployed improvement, and starts its rollback if it is a regression. */
export async function measure(tx: Tx, row: ImprovementRow, path: ImprovementPath, at: Date): Promise<null> {
	await tx
		.update(improvements)
		.set({ measuredAt: at, performanceChange: path.performanceChange, costSavingsUsd: path.costSavingsUsd })
		.where(eq(improvements.seq, row.seq))
	await tx.insert(outcomes).values(path.outcomes.map((outcome) => ({ ...outcome, measuredAt: at })))
	if (path.rollback !== undefined)
		await tx.insert(rollbacks).values({ improvementSeq: row.seq, trigger: path.rollback.trigger, startedAt: at })
	return null
}

export async function finishRollback(tx: Tx, row: ImprovementRow, succeeded: boolean, at: Date): Promise<null> {
	await tx.update(rollbacks).set({ succeeded, finishedAt: at }).where(eq(rollbacks.improvementSeq, row.seq))
	if (!succeeded) return null
	await tx.update(improvements).set({ status: "rolled_back", rolledBackAt: at }).where(eq(improvements.seq, row.seq))
	await record(tx, "improvement_rolled_back", row.seq, row.sessionId, at)
	return null
}
