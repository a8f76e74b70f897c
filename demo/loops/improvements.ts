import { and, asc, eq, isNull, like, or, sql } from "drizzle-orm"
import { improvements, reviews, rollbacks } from "../../core/db/schema/index.ts"
import type { DemoContext } from "../context.ts"
import {
	decideReview,
	deploy,
	finishRollback,
	type ImprovementRow,
	measure,
	proposeImprovement,
} from "../store/improvements.ts"
import { planProposal } from "../work/findings.ts"
import { improvementPath } from "../work/improvement-path.ts"
import { type ImprovementStep, nextStep } from "../work/improvement-step.ts"

const TICK_MS = 2_000
/** Pending reviews while reviews are broken: more than the shipped alert allows, yet bounded. */
const BACKLOG = 26

/** Advances improvements: review, deployment, measurement, and rollback of a regression. */
export async function improvementLoop(ctx: DemoContext): Promise<void> {
	const { store, pace, switches, clock } = ctx
	for (;;) {
		await pace.wait(TICK_MS)
		const open = await store.read((db) => openImprovements(db))
		const pending = open.filter((row) => row.reviewStatus === "pending").length
		if (switches.broken("reviews") && pending < BACKLOG) await addToBacklog(ctx)
		for (const row of open) {
			const path = improvementPath(row.seq)
			const step = nextStep(row, path, clock.now(), pace, switches.broken("reviews"))
			if (step !== undefined) await advance(ctx, step, row)
		}
	}
}

async function advance({ store, clock }: DemoContext, step: ImprovementStep, row: ImprovementRow): Promise<void> {
	const path = improvementPath(row.seq)
	const at = new Date(clock.now())
	await store.once(`improvement:${row.seq}:${step}`, (tx) => {
		if (step === "decide") return decideReview(tx, row, path, at)
		if (step === "deploy") return deploy(tx, row, at)
		if (step === "measure") return measure(tx, row, path, at)
		return finishRollback(tx, row, path.rollback?.succeeds ?? true, at)
	})
}

/** Adds a proposal of a session that has ended. */
async function addToBacklog({ store, clock, random }: DemoContext): Promise<void> {
	const at = new Date(clock.now())
	const proposal = planProposal(random)
	await store.once(`backlog:${at.getTime()}:${random.int(0, 1e9)}`, (tx) =>
		proposeImprovement(tx, "demo-backlog", proposal.title, at),
	)
}

/** The demo's unfinished improvements, oldest first. */
const openImprovements = (db: Parameters<Parameters<DemoContext["store"]["read"]>[0]>[0]) =>
	db
		.select({
			seq: improvements.seq,
			sessionId: improvements.sessionId,
			status: improvements.status,
			proposedAt: improvements.proposedAt,
			validatedAt: improvements.validatedAt,
			deployedAt: improvements.deployedAt,
			measuredAt: improvements.measuredAt,
			reviewStatus: reviews.status,
			rollbackStartedAt: rollbacks.startedAt,
			rollbackFinishedAt: rollbacks.finishedAt,
		})
		.from(improvements)
		.leftJoin(reviews, eq(reviews.improvementSeq, improvements.seq))
		.leftJoin(rollbacks, eq(rollbacks.improvementSeq, improvements.seq))
		.where(
			and(
				like(improvements.sessionId, "demo-%"),
				or(
					sql`${improvements.status} in ('proposed', 'validated')`,
					and(eq(improvements.status, "deployed"), isNull(improvements.measuredAt)),
					and(sql`${rollbacks.seq} is not null`, isNull(rollbacks.finishedAt)),
				),
			),
		)
		.orderBy(asc(improvements.seq))
		.limit(100)
