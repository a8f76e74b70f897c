import { and, asc, eq, isNull, like, or, sql } from "drizzle-orm"
import { improvements, reviews, rollbacks } from "../../core/db/schema/index.ts"
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
import type { World } from "../world.ts"

const TICK_MS = 2_000
/** As many reviews as a broken review desk lets pile up: more than the shipped alert allows, not without end. */
const BACKLOG = 26

/** Moves improvements along: people review them, they are deployed, measured, and undone when they made things worse. */
export async function improvementLoop(world: World): Promise<void> {
	const { store, pace, switches, clock } = world
	for (;;) {
		await pace.wait(TICK_MS)
		const open = await store.read((db) => openImprovements(db))
		const pending = open.filter((row) => row.reviewStatus === "pending").length
		if (switches.broken("reviews") && pending < BACKLOG) await pileUp(world)
		for (const row of open) {
			const path = improvementPath(row.seq)
			const step = nextStep(row, path, clock.now(), pace, switches.broken("reviews"))
			if (step !== undefined) await take(world, step, row)
		}
	}
}

async function take({ store, clock }: World, step: ImprovementStep, row: ImprovementRow): Promise<void> {
	const path = improvementPath(row.seq)
	const at = new Date(clock.now())
	await store.once(`improvement:${row.seq}:${step}`, (tx) => {
		if (step === "decide") return decideReview(tx, row, path, at)
		if (step === "deploy") return deploy(tx, row, at)
		if (step === "measure") return measure(tx, row, path, at)
		return finishRollback(tx, row, path.rollback?.succeeds ?? true, at)
	})
}

/** Proposals that nobody asked for, from a session that has ended: what a backlog is made of. */
async function pileUp({ store, clock, random }: World): Promise<void> {
	const at = new Date(clock.now())
	const proposal = planProposal(random)
	await store.once(`backlog:${at.getTime()}:${random.int(0, 1e9)}`, (tx) =>
		proposeImprovement(tx, "demo-backlog", proposal.title, at),
	)
}

/** The demo's improvements that still have something ahead of them, oldest first. */
const openImprovements = (db: Parameters<Parameters<World["store"]["read"]>[0]>[0]) =>
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
